/** Log in with the token behind the address's #, or with a name and a password, and go on to the page. */
import { at, show, write } from "./elements.js";
import { logIn } from "./log_in.js";

/** Return what is behind the #: the token, and the page to go on to. */
function readHash() {
  const [token, ...path] = window.location.hash.slice(1).split("/");
  return { token, page: path[0] === "preview" ? `/${path.join("/")}` : "/" };
}

const { page } = readHash();

async function enter(body, nextPage) {
  const reason = await logIn(body);
  if (reason === null) window.location.replace(nextPage);
  else write(at("fault"), reason || at("fault").dataset.away);
}

async function enterByAddress() {
  const { token, page: nextPage } = readHash();
  window.history.replaceState(null, "", "/enter"); // the history must not keep the token
  if (token) await enter({ token }, nextPage);
  else write(at("fault"), at("fault").dataset.lacking);
  show(at("opening"), false);
}

const button = at("log-in");
if (button === null) {
  window.addEventListener("hashchange", enterByAddress); // a new address was pasted into the same tab
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
