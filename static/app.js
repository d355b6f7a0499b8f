// What the screens do by themselves. Every part finds its own elements and stays quiet where they are not.
import { startAlerts } from "./js/alerts.js";
import { startAnswering } from "./js/answering.js";
import { startCanned } from "./js/canned.js";
import { startAttention } from "./js/attention.js";
import { startCheckIn } from "./js/check_in.js";
import { startComposer } from "./js/composer.js";
import { startKeys } from "./js/keys.js";
import { startDrafts } from "./js/drafts.js";
import { startList } from "./js/list.js";
import { startMinutes } from "./js/minutes.js";
import { startPeople } from "./js/people.js";
import { startPolling } from "./js/poll.js";
import { startPreferences } from "./js/preferences.js";
import { startQuotes } from "./js/quotes.js";
import { startSearch } from "./js/search.js";
import { startSound } from "./js/sound.js";
import { startThread } from "./js/thread.js";
import { startUndo } from "./js/undo.js";

// A poll must not close what a person has just opened (a "Check out" that asks first, for one).
Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) =>
  !(name === "open" && node.tagName === "DETAILS");

// What was done stays long enough to be read; what went wrong stays until the next page.
setTimeout(() => document.querySelectorAll(".banner--done").forEach((banner) => banner.remove()), 12000);

startMinutes();
startThread();
startQuotes();
startSound();
startCanned();
startComposer();
startDrafts();
startAnswering();
startCheckIn();
startPolling();
startList();
startAttention();
startPeople();
startUndo();
startAlerts();
startSearch();
startKeys();
startPreferences();
