namespace ManagedOAuth.AuthorizationServer.Pages;

/// <summary>The one style sheet of all pages: light and dark, no fonts or images to load.</summary>
internal static class Stylesheet
{
    /// <summary>Constant text of our own, so it goes into the page as it is.</summary>
    public static readonly Html Css = Html.Of($$"""

        :root { --page: #f4f5f7; --card: #fff; --text: #1d2330; --dim: #586174; --line: #d5d9e2; --accent: #1f5fd6; --on-accent: #fff; --warn: #8a5300; --warn-page: #fff6e5; --bad: #b3261e; --bad-page: #fdeceb; }
        @media (prefers-color-scheme: dark) {
          :root { --page: #12151b; --card: #1b2029; --text: #e8ebf1; --dim: #a3acbd; --line: #363d4a; --accent: #7aa9ff; --on-accent: #0b1526; --warn: #ffcb7d; --warn-page: #33270f; --bad: #ff9b94; --bad-page: #3a1a19; }
        }
        * { box-sizing: border-box; }
        body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; align-items: center; justify-content: center; padding: 1.5rem 1rem; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
        main { width: 100%; max-width: 27rem; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 12px; box-shadow: 0 8px 28px rgb(0 0 0 / .07); }
        h1 { margin: 0 0 .5rem; font-size: 1.4rem; line-height: 1.25; overflow-wrap: anywhere; }
        p { margin: 0 0 1rem; overflow-wrap: anywhere; }
        .dim { color: var(--dim); }
        label { display: block; margin-bottom: .35rem; font-weight: 600; }
        input[type=email], input[type=text] { width: 100%; padding: .65rem .75rem; border: 1px solid var(--line); border-radius: 8px; background: var(--page); color: var(--text); font: inherit; }
        .pin { font-size: 1.5rem; letter-spacing: .35em; text-align: center; font-variant-numeric: tabular-nums; }
        button { width: 100%; margin-top: 1rem; padding: .65rem 1rem; border: 1px solid var(--accent); border-radius: 8px; background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; cursor: pointer; }
        a.button { display: block; padding: .65rem 1rem; border: 1px solid var(--line); border-radius: 8px; color: var(--text); font-weight: 600; text-align: center; text-decoration: none; overflow-wrap: anywhere; }
        a.button:hover { border-color: var(--accent); }
        .choices { margin: 0; padding: 0; list-style: none; }
        .choices li + li { margin-top: .75rem; }
        .or { display: flex; align-items: center; gap: .75rem; margin: 1.25rem 0; color: var(--dim); }
        .or::before, .or::after { content: ""; flex: 1; border-top: 1px solid var(--line); }
        button.plain { border-color: var(--line); background: transparent; color: var(--text); }
        button.link { width: auto; margin: 0; padding: 0; border: 0; background: none; color: var(--accent); font-weight: 400; text-decoration: underline; }
        :is(input, button, a):focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
        a { color: var(--accent); }
        .note, .error { padding: .7rem .85rem; border-radius: 8px; margin: 0 0 1rem; }
        .note { background: var(--warn-page); color: var(--warn); }
        .error { background: var(--bad-page); color: var(--bad); }
        dl { margin: 1rem 0; border-top: 1px solid var(--line); }
        dl div { padding: .6rem 0; border-bottom: 1px solid var(--line); }
        dt { color: var(--dim); font-size: .85rem; }
        dd { margin: 0; overflow-wrap: anywhere; }
        code { font: .85em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
        .tag { display: inline-block; padding: 0 .45rem; border: 1px solid currentcolor; border-radius: 99px; color: var(--warn); font-size: .75rem; font-weight: 600; vertical-align: .1em; }
        .pair { display: flex; gap: .75rem; }
        .row { display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; margin-top: 1.25rem; }
        footer { margin-top: 1rem; color: var(--dim); font-size: .8rem; }

        """);
}
