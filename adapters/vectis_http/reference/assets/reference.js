// Search: the page is complete without it.
"use strict";

const box = document.querySelector(".search");
const input = document.getElementById("search");
const found = document.getElementById("found");
const articles = [...document.querySelectorAll("article")];
const texts = new Map(articles.map((each) => [each, each.textContent.toLowerCase()]));
const links = [...document.querySelectorAll("nav [data-of]")];
const groups = [...document.querySelectorAll("section.group")].filter((each) => each.querySelector("article"));

function search() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const article of articles) {
    const text = texts.get(article);
    article.hidden = !words.every((word) => text.includes(word));
    count += !article.hidden;
  }
  for (const link of links) {
    link.hidden = document.getElementById(link.dataset.of).hidden;
  }
  for (const group of groups) {
    group.hidden = !group.querySelector("article:not([hidden])");
  }
  document.getElementById("start").hidden = document.getElementById("headers").hidden = words.length > 0;
  found.textContent = words.length ? `${count} found` : "";
}

function show() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && (target.hidden || target.closest("[hidden]"))) {
    input.value = "";
    search();
    target.scrollIntoView();
  }
}

input.addEventListener("input", () => {
  search();
  scrollTo(0, 0);
});
input.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    input.value = "";
    search();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && document.activeElement !== input) {
    event.preventDefault();
    input.focus();
  }
});
addEventListener("hashchange", show);
box.hidden = false;
search();
