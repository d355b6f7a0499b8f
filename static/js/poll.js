// The polling clock: one question per visible screen, the next one only after the answer.
import { update as updateMinutes, setServerTime } from "./minutes.js";

const USUAL = 2000;
const SLOWEST = 15000;
const TIME_OUT = 10000;
const HALF_A_SECOND = 500; // the Date header leaves out what is less than one

let timer = 0;
let isAsking = false;
let askAgain = false;
let askedAt = 0;
let tookMs = 0;
let failures = 0;
let isSignedOut = false;
let areTokensOld = false;
let updatedAt = Date.now();

const tabs = new BroadcastChannel("concierge");
const find = (id) => document.getElementById(id);

export function startPolling() {
  if (!find("poll")) return;
  document.body.addEventListener("htmx:configRequest", prepare);
  document.body.addEventListener("htmx:afterRequest", heard);
  document.addEventListener("visibilitychange", () => (document.hidden ? schedule() : askNow()));
  tabs.addEventListener("message", () => isSignedOut && askNow());
  tabs.postMessage("signed in");
  window.addEventListener("online", askNow);
  window.addEventListener("pageshow", (event) => event.persisted && askNow());
  setInterval(showAge, 1000);
  schedule();
}

export function askNow() {
  if (isAsking) {
    askAgain = true;
    return;
  }
  clearTimeout(timer);
  ask();
}

function ask() {
  const poll = find("poll");
  isAsking = true;
  askAgain = false;
  askedAt = performance.now();
  const answer = htmx.ajax("GET", questionOf(poll), { source: "#poll", target: "#poll", swap: "outerHTML" });
  answer.catch(() => {}); // heard() has dealt with it
}

// After a new login the page's form tokens belong to the old one: a question without "state" brings new ones.
function questionOf(poll) {
  const url = new URL(poll.dataset.pollUrl, location.href);
  if (areTokensOld) url.searchParams.delete("state");
  return url.pathname + url.search;
}

function prepare(event) {
  if (event.detail.elt.id === "poll") event.detail.timeout = TIME_OUT;
}

function heard(event) {
  const { xhr, requestConfig } = event.detail;
  if (requestConfig.elt.id === "poll") return answered(xhr);
  if (xhr.status === 401) lostLogin();
  if (requestConfig.verb === "get") return;
  if (xhr.status === 400) areTokensOld = true; // somebody signed out and in again between two questions
  if (xhr.status === 400 || (xhr.status >= 200 && xhr.status < 300)) askNow();
}

function answered(xhr) {
  isAsking = false;
  tookMs = performance.now() - askedAt;
  if (xhr.status === 401) lostLogin();
  else if (xhr.status >= 200 && xhr.status < 300) succeeded(xhr);
  else failed();
  if (askAgain && !failures) ask();
  else schedule();
}

function succeeded(xhr) {
  failures = 0;
  updatedAt = Date.now();
  setServerTime(xhr.getResponseHeader("Date"), HALF_A_SECOND);
  if (areTokensOld && xhr.status === 200) takeNewTokens();
  isSignedOut = false;
  find("strip-signed-out").hidden = true;
  find("strip-stale").hidden = true;
  updateMinutes();
  showAge();
  countInTitle();
}

function failed() {
  failures += 1;
  if (failures < 2) return;
  const strip = find("strip-stale");
  if (!strip.hidden) return;
  strip.querySelector("time").textContent = hotelTime(updatedAt);
  strip.hidden = false;
}

function hotelTime(time) {
  const { zone } = document.documentElement.dataset;
  return new Date(time).toLocaleTimeString("en-GB", { timeZone: zone });
}

function lostLogin() {
  failures = 0;
  isSignedOut = areTokensOld = true;
  find("strip-stale").hidden = true;
  find("strip-signed-out").hidden = false;
}

function takeNewTokens() {
  areTokensOld = false;
  const token = find("csrf-token").content;
  for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = token;
}

function schedule() {
  clearTimeout(timer);
  if (isAsking) return;
  timer = setTimeout(ask, pause() * (0.8 + 0.4 * Math.random()));
}

function pause() {
  if (document.hidden || isSignedOut) return SLOWEST;
  if (failures) return Math.min(USUAL * 2 ** (failures - 1), SLOWEST);
  return Math.min(Math.max(USUAL, 4 * tookMs), SLOWEST);
}

function countInTitle() {
  const waiting = Number(find("inbox-count").dataset.count);
  const words = document.title.replace(/^\(\d+\) /, "");
  const title = waiting ? `(${waiting}) ${words}` : words;
  if (document.title !== title) document.title = title;
}

// Staff trust a list that says how old it is.
function showAge() {
  const label = find("updated");
  if (!label) return;
  const seconds = Math.round((Date.now() - updatedAt) / 1000);
  const words = seconds < 6 ? label.dataset.now : label.dataset.ago.replace("{n}", seconds);
  if (label.textContent !== words) label.textContent = words;
}
