// Small comforts; every page works without them.
document.documentElement.classList.add("js");

document.addEventListener("click", async event => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const said = button.textContent;
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(source);
    button.textContent = "Selected";
  }
  setTimeout(() => { button.textContent = said; }, 1600);
});

// A second click while a form is on its way sends nothing.
document.addEventListener("submit", event => {
  if (event.submitter?.formTarget === "_blank") return;
  if (event.target.dataset.sent) { event.preventDefault(); return; }
  event.target.dataset.sent = "1";
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(form => { delete form.dataset.sent; }));

// Times in the reader's own zone; the machine-readable one stays.
for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.getTime())) time.title = at.toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" });
}

for (const filter of document.querySelectorAll("select[data-submit]")) filter.addEventListener("change", () => filter.form.requestSubmit());

// What happens elsewhere is read again, but not under the hands of somebody who is at a control, marks text or has opened something, nor where nobody looks.
const isBusy = () => document.hidden || !getSelection().isCollapsed || document.activeElement?.matches("a, button, input, select, textarea, summary, pre") || document.querySelector("details[open]");
for (const part of document.querySelectorAll("[data-refresh]")) setInterval(() => { if (!isBusy()) location.reload(); }, part.dataset.refresh * 1000);
