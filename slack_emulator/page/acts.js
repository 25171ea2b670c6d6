// What the person does, sent to the control API; what goes wrong is said in a toast.

import { toast } from "./dom.js";

export async function act(name, body) {
  let response;
  try {
    response = await fetch(`/control/${name}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
  } catch {
    toast("The emulator does not answer. Is it still running?");
    return null;
  }
  const answer = await response.json();
  if (answer.error === "no_connection") toast("The app is not connected, so nothing happened.");
  else if (answer.error === "timeout") toast("The app took too long to answer.");
  else if (response.status === 400) toast(answer.error);
  return response.ok ? answer : null;
}
