"use strict";
// It counts clicks and looks up what they mean: every number and sentence was computed before, in Python.
const one = (id) => document.getElementById(id);
const page = JSON.parse(one("data").textContent);
const order = atob(page.order); // of each pair the side that stands first
const pairs = [...document.querySelectorAll(".pair")];
// A digit a pair, also behind the # of the address: 0 the first answer, 1 the second, 2 cannot tell.
let votes = (/^#[012]+$/.test(location.hash) ? location.hash.slice(1) : "").slice(0, pairs.length);

function side(number, place) {
  return place === 0 ? Number(order[number]) : 1 - Number(order[number]);
}

function preferred(number) {
  return votes[number] === "2" ? null : side(number, Number(votes[number]));
}

function show() {
  const all = votes.length === pairs.length;
  pairs.forEach((pair, number) => { pair.hidden = number !== votes.length; });
  one("progress").hidden = false;
  one("progress").firstElementChild.value = votes.length;
  one("back").disabled = votes.length === 0;
  one("choice").hidden = all;
  one("done").hidden = !all;
}

function change(now) {
  votes = now;
  history.replaceState(null, "", "#" + votes);
  show();
  const title = votes.length === pairs.length ? one("done-title") : pairs[votes.length].querySelector("h2");
  title.focus();
  title.scrollIntoView();
}

function tellWho(pair, number) {
  pair.hidden = false;
  pair.querySelectorAll("article").forEach((article, place) => {
    const chosen = votes[number] === String(place);
    article.classList.toggle("chosen", chosen);
    article.querySelector("h3").textContent +=
      ": " + page.called[side(number, place)] + (chosen ? ", your choice" : "");
  });
}

function reveal() {
  const wanted = pairs.map((_, number) => preferred(number));
  const count = (which) => wanted.filter((found) => found === which).length;
  const outcome = page.outcomes[count(1)][count(0)];
  one("score").textContent = outcome.score;
  for (const sentence of outcome.said) {
    const line = document.createElement("p");
    line.textContent = sentence;
    one("said").append(line);
  }
  const found = page.examples.map((example, number) => (
    { example_id: example, preferred: wanted[number] === null ? null : page.sides[wanted[number]] }
  ));
  const text = JSON.stringify({ page: page.page, sides: page.sides, votes: found }, null, 1) + "\n";
  one("votes").value = text;
  one("save").href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  for (const id of ["progress", "choice", "done"]) one(id).hidden = true;
  one("result").hidden = false;
  document.querySelector("main").prepend(one("result"));
  pairs.forEach(tellWho);
  one("result-title").focus();
  one("result-title").scrollIntoView();
}

for (const button of one("choice").children) {
  button.addEventListener("click", () => change(votes + button.value));
}
one("back").addEventListener("click", () => change(votes.slice(0, -1)));
one("reveal").addEventListener("click", reveal);
one("copy").addEventListener("click", () => {
  one("votes").select();
  one("copied").textContent = document.execCommand("copy") ? "Copied." : "It is selected: copy it by hand.";
});
show();
