// Shows the OpenAPI document beside this page, and makes the calls it lists. Whatever is shown is set as text.
"use strict";

const verbs = ["get", "post", "put", "patch", "delete"];
const base = location.pathname.replace(/docs$/, "");
const byId = (id) => document.getElementById(id);
let api;

/// An element with attributes and children; strings become text.
function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

/// Paragraphs, with what stands between backticks as code.
function prose(text) {
  return (text || "").split(/\n\s*\n/).filter(Boolean).map((paragraph) =>
    el("p", {}, ...paragraph.split("`").map((part, n) => (n % 2 ? el("code", {}, part) : part))));
}

/// What a schema stands for, references and parts put together.
function resolve(schema) {
  if (!schema) return {};
  if (schema.$ref) return resolve(api.components.schemas[schema.$ref.split("/").pop()]);
  const some = (schema.oneOf || schema.anyOf || []).filter((one) => one.type !== "null");
  if (some.length === 1) return { ...resolve(some[0]), nullable: true, description: schema.description || resolve(some[0]).description };
  if (schema.allOf) {
    const all = { ...schema, properties: {}, required: [] };
    for (const part of schema.allOf.map(resolve)) {
      Object.assign(all.properties, part.properties);
      all.required.push(...(part.required || []));
      all.description ||= part.description;
    }
    return all;
  }
  return schema;
}

function typeOf(schema) {
  const plain = resolve(schema);
  if (plain.enum) return plain.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (plain.type === "array") return `list of ${typeOf(plain.items)}`;
  const types = [].concat(plain.type || (plain.properties ? "object" : "any"));
  if (plain.nullable && !types.includes("null")) types.push("null");
  const format = plain.format && !/^u?int/.test(plain.format) ? ` (${plain.format})` : "";
  return types.join(" | ") + format;
}

/// A value to begin with.
function example(schema) {
  const plain = resolve(schema);
  if (plain.example !== undefined) return plain.example;
  if (plain.default !== undefined) return plain.default;
  if (plain.enum) return plain.enum[0];
  if (plain.properties) {
    return Object.fromEntries(Object.entries(plain.properties).map(([name, value]) =>
      [name, name === "message_id" ? newId() : example(value)]));
  }
  const type = [].concat(plain.type || []).find((one) => one !== "null");
  return { array: [], integer: 0, number: 0, boolean: false, string: "" }[type] ?? null;
}

/// A UUID of version 7: milliseconds, then chance.
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  new DataView(bytes.buffer).setBigUint64(0, (BigInt(Date.now()) << 16n) | BigInt(bytes[6] << 8 | bytes[7]));
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function fieldRows(schema, depth = 0) {
  const plain = resolve(schema);
  const rows = [];
  for (const [name, value] of Object.entries(plain.properties || {})) {
    const inner = resolve(value);
    const must = (plain.required || []).includes(name);
    rows.push(el("tr", {},
      el("td", {}, el("span", { class: depth ? "indent" : null }, el("code", {}, name)), must ? el("span", { class: "must", title: "required" }, " *") : ""),
      el("td", {}, typeOf(value)),
      el("td", {}, ...prose(value.description || inner.description))));
    const nested = inner.type === "array" ? resolve(inner.items) : inner;
    if (nested.properties && depth < 1) rows.push(...fieldRows(nested, depth + 1));
  }
  return rows;
}

function table(heads, rows) {
  return el("table", {}, el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", {}, head)))), el("tbody", {}, ...rows));
}

function block(title, ...children) {
  return el("section", {}, el("h3", {}, title), ...children);
}

function answers(operation) {
  const rows = Object.entries(operation.responses || {}).map(([status, response]) => {
    const media = Object.values(response.content || {})[0];
    const fields = media && status < "300" ? fieldRows(media.schema) : [];
    return el("tr", {}, el("td", {}, el("code", {}, status)),
      el("td", {}, ...prose(response.description),
        fields.length ? el("details", {}, el("summary", {}, "body"), table(["field", "type", ""], fields)) : null));
  });
  return block("Answers", table(["status", ""], rows));
}

function useToken(value, name) {
  byId("token").value = value;
  byId("who").textContent = value && name ? `as ${name}` : "";
}

/// The form that makes a call.
function form(verb, path, operation, open) {
  const inputs = new Map();
  const fields = (operation.parameters || []).map((parameter) => {
    const schema = resolve(parameter.schema);
    const input = schema.enum
      ? el("select", {}, el("option", { value: "" }, ""), ...schema.enum.map((value) => el("option", {}, value)))
      : el("input", { class: "mono", placeholder: typeOf(parameter.schema), autocomplete: "off", spellcheck: "false" });
    inputs.set(parameter, input);
    return el("label", { class: "field" }, el("span", {}, parameter.name, parameter.required ? el("span", { class: "must" }, " *") : ""), input);
  });
  const schema = operation.requestBody && operation.requestBody.content["application/json"].schema;
  const body = schema && el("textarea", { spellcheck: "false", "aria-label": "body" });
  if (body) {
    body.value = JSON.stringify(example(schema), null, 2);
    body.rows = body.value.split("\n").length + 1;
  }
  const send = el("button", { class: "send", type: "submit" }, "Send");
  const status = el("span", { class: "status", role: "status" });
  const result = el("pre", { hidden: true });

  async function call(event) {
    event.preventDefault();
    let target = path.slice(1);
    const query = new URLSearchParams();
    for (const [parameter, input] of inputs) {
      if (parameter.in === "path") target = target.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      else if (input.value) query.append(parameter.name, input.value);
    }
    const headers = {};
    const token = byId("token").value.trim();
    if (token && !open) headers.authorization = `Bearer ${token}`;
    if (body) headers["content-type"] = "application/json";
    send.disabled = true;
    const began = performance.now();
    try {
      const url = base + target + (query.size ? `?${query}` : "");
      const response = await fetch(url, { method: verb.toUpperCase(), headers, body: body ? body.value : undefined, credentials: "omit" });
      const text = await response.text();
      const took = Math.round(performance.now() - began);
      status.textContent = `${response.status} ${response.statusText} · ${took} ms`;
      status.className = `status ${response.ok ? "good" : "bad"}`;
      result.hidden = !text;
      result.textContent = text;
      try {
        const json = JSON.parse(text);
        result.textContent = JSON.stringify(json, null, 2);
        if (response.ok && json.access_token) useToken(json.access_token, json.user && json.user.username);
      } catch { /* Not JSON: shown as it came. */ }
    } catch (error) {
      status.textContent = `no answer: ${error.message}`;
      status.className = "status bad";
      result.hidden = true;
    } finally {
      send.disabled = false;
    }
  }

  return block("Try it", el("form", { class: "try", onsubmit: call }, ...fields, body, el("div", { class: "row" }, send, status), result));
}

function render(verb, path, operation) {
  const open = Array.isArray(operation.security) && operation.security.every((one) => !Object.keys(one).length);
  const call = el("details", { class: "call", id: operation.operationId },
    el("summary", {},
      el("span", { class: `verb ${verb}` }, verb.toUpperCase()),
      el("span", { class: "path" }, path),
      el("span", { class: "lock" }, open ? "no token" : ""),
      el("span", { class: "summary" }, operation.summary || "")));
  // Filled when it is first looked at.
  call.addEventListener("toggle", () => {
    if (!call.open || call.querySelector(".body")) return;
    const parameters = (operation.parameters || []).map((one) => el("tr", {},
      el("td", {}, el("code", {}, one.name), one.required ? el("span", { class: "must", title: "required" }, " *") : ""),
      el("td", {}, `${one.in}: ${typeOf(one.schema)}`), el("td", {}, ...prose(one.description))));
    const schema = operation.requestBody && operation.requestBody.content["application/json"].schema;
    call.append(el("div", { class: "body" },
      operation.description ? el("section", {}, ...prose(operation.description)) : null,
      parameters.length ? block("Parameters", table(["name", "type", ""], parameters)) : null,
      schema ? block("Body", table(["field", "type", ""], fieldRows(schema))) : null,
      form(verb, path, operation, open),
      answers(operation)));
  });
  return call;
}

function show() {
  byId("version").textContent = api.info.version;
  byId("intro").append(el("h1", {}, `${api.info.title} API`), ...prose(api.info.description));
  byId("loading").remove();
  const calls = byId("calls");
  const index = byId("index");
  for (const tag of api.tags) {
    const links = [];
    const section = el("section", { id: `tag-${tag.name}` }, el("h2", { class: "tag" }, tag.name), el("p", { class: "quiet" }, tag.description || ""));
    for (const [path, item] of Object.entries(api.paths)) {
      for (const verb of verbs.filter((one) => item[one] && item[one].tags.includes(tag.name))) {
        const call = render(verb, path, item[verb]);
        section.append(call);
        links.push(el("a", { href: `#${call.id}`, onclick: () => { call.open = true; } },
          el("span", { class: `verb ${verb}` }, verb.toUpperCase()), item[verb].summary || path));
      }
    }
    calls.append(section);
    index.append(el("div", {}, el("h2", {}, tag.name), ...links));
  }
  const asked = location.hash && byId(location.hash.slice(1));
  if (asked instanceof HTMLDetailsElement) {
    asked.open = true;
    asked.scrollIntoView();
  }
}

function filter() {
  const words = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const call of document.querySelectorAll("details.call")) {
    const text = call.querySelector("summary").textContent.toLowerCase();
    call.hidden = !words.every((word) => text.includes(word));
    const link = document.querySelector(`#index a[href="#${call.id}"]`);
    if (link) link.hidden = call.hidden;
  }
  for (const section of document.querySelectorAll("#calls > section, #index > div")) {
    section.hidden = ![...section.querySelectorAll("details.call, a")].some((one) => !one.hidden);
  }
}

function changeTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
}

byId("filter").addEventListener("input", filter);
byId("theme").addEventListener("click", changeTheme);
byId("token").addEventListener("input", () => { byId("who").textContent = ""; });

fetch(`${base}openapi.json`)
  .then((response) => response.json())
  .then((document) => { api = document; show(); })
  .catch((error) => { byId("loading").textContent = `The document cannot be read: ${error.message}`; });
