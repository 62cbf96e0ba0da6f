/** Log in with the token behind the address's #, or with a name and a password, and go on to the page. */
import { at, show, write } from "./elements.js";
import { logIn } from "./log_in.js";

// Behind the #: the token, and the page that is wanted.
const [token, ...wanted] = window.location.hash.slice(1).split("/");
const page = wanted[0] === "preview" ? `/${wanted.join("/")}` : "/";

async function enter(body, otherwise) {
  const why = await logIn(body);
  if (why === null) window.location.replace(page);
  else write(at("fault"), why || otherwise);
}

const button = at("log-in");
if (button === null) {
  window.history.replaceState(null, "", "/enter"); // the token is of no more use in the address
  await enter({ token }, at("fault").dataset.once);
  show(at("opening"), false);
} else {
  const send = async () => {
    const body = { name: at("name").value, password: at("password").value };
    at("password").value = "";
    await enter(body, "");
    at("password").focus();
  };
  button.addEventListener("click", send);
  for (const id of ["name", "password"]) at(id).addEventListener("keydown", (event) => { if (event.key === "Enter") send(); });
  at("name").focus();
}
