const at = (id) => document.getElementById(id);
const invitation = location.hash.slice(1);
// A link to a new password asks for nothing else.
const isReset = invitation.startsWith('shp_');
// The secret is not left in the history or the address bar.
history.replaceState(null, '', location.pathname);

async function ask(path, body) {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) {
    throw Object.assign(new Error(answer.errors[0].message), { status: response.status });
  }
  return answer;
}

function tell(text) {
  at('told').textContent = text;
}

function explain(error) {
  if (error.status === 401) {
    return 'この招待は使えません。期限が切れたか、すでに使われたか、パスワードが違います。\n'
      + 'This invitation cannot be used: it expired, was used already, or the password is not right.';
  }
  return error.status === 429
    ? `しばらくしてからもう一度お試しください。 / ${error.message}`
    : `入力を確かめてください。 / ${error.message}`;
}

async function show() {
  if (isReset) {
    for (const id of ['email', 'name']) {
      at(id).required = false;
      at(id).parentElement.hidden = true;
    }
    tell('新しいパスワードを決めてください。 / Choose a new password.');
    at('form').hidden = false;
    return;
  }
  const { email, name, roleJa, role, municipality, invitedBy } = await ask('/auth/invitation', { invitation });
  const place = municipality ? `${municipality.name ?? municipality.code} ` : '';
  at('to').textContent = `${place}${roleJa} (${role}) – ${invitedBy}`;
  for (const [id, value] of [['email', email], ['name', name]]) {
    if (value) {
      at(id).value = value;
      at(id).readOnly = true;
    }
  }
  tell('パスワードを決めて参加してください。 / Choose a password to accept.');
  at('form').hidden = false;
  const response = await fetch('/auth/providers');
  for (const { id, name: provider } of await response.json()) {
    const button = Object.assign(document.createElement('button'), { type: 'button', textContent: `${provider} で参加 / Accept with ${provider}` });
    button.onclick = () => start(id);
    at('providers').append(button);
  }
}

async function start(provider) {
  try {
    const { url, attempt } = await ask(`/auth/providers/${provider}/start`, { invitation });
    sessionStorage.setItem('attempt', attempt);
    location.assign(url);
  } catch (error) {
    tell(explain(error));
  }
}

at('form').onsubmit = async (event) => {
  event.preventDefault();
  try {
    const password = at('password').value;
    await (isReset
      ? ask('/auth/reset', { link: invitation, password })
      : ask('/auth/invitation/accept', { invitation, password, email: at('email').value, name: at('name').value }));
    at('form').hidden = true;
    tell('できました。これからはメールアドレスとパスワードでログインできます。\n'
      + 'Done. From now on, sign in with your e-mail address and password.');
  } catch (error) {
    tell(explain(error));
  }
};

show().catch((error) => tell(explain(error)));
