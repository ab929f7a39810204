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
  // For the page that opened this one, on the same origin alone: it asked for them.
  window.opener?.postMessage({ shirube: await response.json() }, location.origin);
  told.textContent = 'ログインしました。この画面は閉じてかまいません。 / You are signed in. You may close this page.';
}

finish().catch(() => {
  told.textContent = 'ログインできませんでした。もう一度やり直すか、招待した人に連絡してください。'
    + ' / You could not be signed in. Try again, or ask whoever invited you.';
});
