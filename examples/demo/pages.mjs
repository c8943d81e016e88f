/** The markup of the demo's pages. What they do stands in the folder `public`. */

const escape = (text) => text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);

const page = (title, main, script) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
<script type="module" src="/${script}"></script>
</head>
<body>
<main>
${main}
</main>
</body>
</html>`;

/** @param {{ redirectUri: string, state: string }} back where the browser goes with its code @param {string} [problem] */
export const loginPage = (back, problem = '') =>
  page(
    'Log in',
    `<p class="brand">Identity provider</p>
<h1>Log in</h1>
<form method="post" action="/login" class="card">
<label>User <input name="user" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<input type="hidden" name="redirect_uri" value="${escape(back.redirectUri)}">
<input type="hidden" name="state" value="${escape(back.state)}">
<p class="problem" role="alert">${escape(problem)}</p>
<button>Log in</button>
</form>`,
    'login.js',
  );

export const welcomePage = () => page('Welcome', '<p>One moment &hellip;</p>', 'welcome.js');

export const dashboardPage = () =>
  page(
    'Dashboard',
    `<p class="brand">Demo dashboard</p>
<h1 id="who" aria-live="polite">Asking the server &hellip;</h1>
<p id="detail"></p>
<section id="profile" class="card" hidden>
<img id="photo" alt="" width="72" height="72">
<dl>
<dt>Member since <span class="type">Date</span></dt><dd id="since"></dd>
<dt>Preferences <span class="type">Map</span></dt><dd id="preferences"></dd>
<dt>Picture <span class="type">Blob</span></dt><dd id="picture"></dd>
</dl>
</section>
<form id="logout" method="post" action="/logout" hidden><button class="quiet">Log out</button></form>
<p id="login" hidden><a class="button" href="/login">Log in</a></p>`,
    'dashboard.js',
  );
