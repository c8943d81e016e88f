// The identity provider remembers in its own localStorage who logged in last, and fills the name in.
const form = document.querySelector('form');
const user = form.elements.namedItem('user');

// Who was quicker than this script keeps what he typed.
if (user.value === '') user.value = localStorage.getItem('last-user') ?? '';
form.addEventListener('submit', () => localStorage.setItem('last-user', user.value));
