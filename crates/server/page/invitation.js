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

function tell(text, wrong = false) {
  at('told').textContent = text;
  at('told').classList.toggle('wrong', wrong);
}

function explain(error) {
  if (error.status === 401) {
    return 'この招待は使えません。期限が切れたか、すでに使われたか、パスワードが違います。\n'
      + 'This invitation cannot be used: it expired, was used already, or the password is not right.';
  }
  return error.status === 400 || error.status === 409
    ? `入力を確かめてください。\n${error.message}`
    : `しばらくしてからもう一度お試しください。\n${error.message}`;
}

async function show() {
  if (isReset) {
    for (const id of ['email', 'name']) {
      at(id).required = false;
      at(id).parentElement.hidden = true;
    }
    at('known').hidden = true;
    at('send').textContent = 'パスワードを変える / Change the password';
    tell('新しいパスワードを決めてください。\nChoose a new password.');
    at('form').hidden = false;
    return;
  }
  const { email, name, roleJa, role, municipality, invitedBy } = await ask('/auth/invitation', { invitation });
  const place = municipality ? `${municipality.name ?? municipality.code} ` : '';
  // An invitation that was made on the machine itself names nobody.
  const from = invitedBy === 'machine' ? '' : `\n招待した人 / Invited by: ${invitedBy}`;
  at('to').textContent = `${place}${roleJa} (${role})${from}`;
  for (const [id, value] of [['email', email], ['name', name]]) {
    if (value) {
      at(id).value = value;
      at(id).readOnly = true;
    }
  }
  tell('パスワードを決めて参加してください。\nChoose a password to accept.');
  at('form').hidden = false;
  // A provider's word is not taken for who somebody is whom the invitation does not name.
  if (!email) {
    return;
  }
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
    tell(explain(error), true);
  }
}

at('form').onsubmit = async (event) => {
  event.preventDefault();
  // A second click would find the invitation used.
  event.submitter.disabled = true;
  try {
    const password = at('password').value;
    await (isReset
      ? ask('/auth/reset', { link: invitation, password })
      : ask('/auth/invitation/accept', { invitation, password, email: at('email').value, name: at('name').value }));
    at('form').hidden = true;
    tell('できました。これからはメールアドレスとパスワードでログインできます。\n'
      + 'Done. From now on, sign in with your e-mail address and password.');
  } catch (error) {
    tell(explain(error), true);
  } finally {
    event.submitter.disabled = false;
  }
};

show().catch((error) => tell(explain(error), true));
