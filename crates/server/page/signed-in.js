const told = document.getElementById('told');
const answer = new URLSearchParams(location.search);
const attempt = sessionStorage.getItem('attempt');
sessionStorage.removeItem('attempt');
// The code is not left in the history or the address bar.
history.replaceState(null, '', location.pathname);

async function finish() {
  if (answer.has('error') || !attempt) {
    throw new Error();
  }
  const response = await fetch('/auth/finish', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      attempt,
      state: answer.get('state'),
      code: answer.get('code'),
      iss: answer.get('iss'),
    }),
  });
  if (!response.ok) {
    throw new Error();
  }
  const { accessToken } = await response.json();
  told.textContent = 'ログインしました。15分間有効なアクセストークンです。/graphiql の Headers に {"authorization": "Bearer …"} として貼り付けると使えます。'
    + '\nYou are signed in. This access token is good for 15 minutes; paste it into the headers of /graphiql.';
  document.getElementById('token').textContent = accessToken;
}

finish().catch(() => {
  told.classList.add('wrong');
  told.textContent = 'ログインできませんでした。もう一度やり直すか、招待した人に連絡してください。'
    + '\nYou could not be signed in. Try again, or ask whoever invited you.';
});
