/** Log in with the token behind the address's #, or with a name and a password, and go on to the page. */
import { at, show, write } from "./elements.js";
import { logIn } from "./log_in.js";

/** Return what is behind the #: the token, and the page that is wanted. */
function address() {
  const [token, ...wanted] = window.location.hash.slice(1).split("/");
  return { token, page: wanted[0] === "preview" ? `/${wanted.join("/")}` : "/" };
}

const { page } = address();

async function enter(body, to) {
  const why = await logIn(body);
  if (why === null) window.location.replace(to);
  else write(at("fault"), why || at("fault").dataset.away);
}

async function enterByAddress() {
  const { token, page: to } = address();
  window.history.replaceState(null, "", "/enter"); // the token is of no more use in the address
  if (token) await enter({ token }, to);
  else write(at("fault"), at("fault").dataset.lacking);
  show(at("opening"), false);
}

const button = at("log-in");
if (button === null) {
  window.addEventListener("hashchange", enterByAddress); // another address, in the same tab
  await enterByAddress();
} else {
  const send = async () => {
    const body = { name: at("name").value, password: at("password").value };
    at("password").value = "";
    await enter(body, page);
    at("password").focus();
  };
  button.addEventListener("click", send);
  for (const id of ["name", "password"]) at(id).addEventListener("keydown", (event) => { if (event.key === "Enter") send(); });
  at("name").focus();
}
