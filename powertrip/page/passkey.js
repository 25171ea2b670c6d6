// Hands the browser's passkey to the server: what it asks for and answers are bytes, and JSON has none.
"use strict";

const button = document.querySelector("button[data-options]");
const said = document.getElementById("said");

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

const base64url = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

async function sign(options) {
  const credential = await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      allowCredentials: options.allowCredentials.map((key) => ({ ...key, id: bytes(key.id) })),
    },
  });
  const { clientDataJSON, authenticatorData, signature, userHandle } = credential.response;
  return answer(credential, {
    clientDataJSON: base64url(clientDataJSON),
    authenticatorData: base64url(authenticatorData),
    signature: base64url(signature),
    userHandle: userHandle ? base64url(userHandle) : null,
  });
}

async function make(options) {
  const credential = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: options.excludeCredentials.map((key) => ({ ...key, id: bytes(key.id) })),
    },
  });
  const { clientDataJSON, attestationObject } = credential.response;
  return answer(credential, {
    clientDataJSON: base64url(clientDataJSON),
    attestationObject: base64url(attestationObject),
  });
}

const answer = (credential, response) => ({
  id: credential.id,
  rawId: base64url(credential.rawId),
  type: credential.type,
  clientExtensionResults: {},
  response,
});

async function press() {
  button.disabled = true;
  said.textContent = "";
  try {
    const ask = button.dataset.does === "make" ? make : sign;
    const credential = await ask(JSON.parse(button.dataset.options));
    const response = await fetch(button.dataset.to, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ credential, sealed: button.dataset.sealed || null }),
    });
    const answered = await response.json();
    if (response.ok) {
      location.replace(answered.next);
      return;
    }
    said.textContent = answered.error;
  } catch (error) {
    if (!(error instanceof DOMException))
      said.textContent = "The page could not be reached. Nothing was approved; try again.";
    else if (error.name === "InvalidStateError")
      said.textContent = "This device has a passkey of yours already. Nothing new was made.";
    else
      said.textContent =
        "The browser gave no passkey: it was cancelled, took too long, or there is none on this device.";
  }
  button.disabled = false;
}

if (!window.PublicKeyCredential) {
  button.disabled = true;
  said.textContent = "This browser knows no passkeys, or the page was not opened over https.";
}
button.addEventListener("click", press);
