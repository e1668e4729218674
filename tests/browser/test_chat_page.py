"""The chat example as a page: what it keeps, what it shows of foreign text, and for whom it works."""

from __future__ import annotations

import re

import pytest
from chat_kit import DONE, Chat, stream

pytest.importorskip("playwright", reason="no browser tests: pip install playwright")
from playwright.async_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HOSTILE = """<script>document.title = "run"</script><img src=x onerror="document.title = 'run'">
[one](javascript:document.title='run') [two](JaVaScRiPt:alert(1)) [three](data:text/html,<script>1</script>)
[four](vbscript:x) [five](java\tscript:x) ![six](https://example.com/track.png) <svg onload=alert(1)>
[seven](https://example.com/" onmouseover="alert(1)) <https://example.com/fine>

| <b>cell</b> | <iframe src="javascript:alert(1)"> |
|--|--|
| <a href="javascript:x">x</a> | `<script>` |

```<script>
</code></pre><script>document.title = "run"</script>
```
"""
ENDLESS = (
    ">" * 5_000 + "x",
    "*" * 20_000 + "x",
    "**a _b " * 3_000,
    "[" * 20_000,
    "`" * 9_999 + " " + "``` " * 3_000,
    "- " * 5_000 + "x",
    "|" * 9_999 + "\n|--|",
)
ARABIC = "ما حالة الطقس في لشبونة اليوم؟"
TEXTS = (
    ARABIC,
    "מה המצב של order 17?",
    "リスボンの天気はどうですか。",
    "लिस्बन में मौसम कैसा है?",
    "👩🏽‍🚀🏳️‍🌈 é",
)
MARKDOWN = """# Head

1. one **bold** `code`
   - inner *soft*
2. two

> quote

| a | b |
|:-|-:|
| 1 | 2 |

```py
x = 1
```
end ~~old~~ https://example.com/a_b_c."""


async def test_a_hostile_answer_runs_nothing_and_loads_nothing(chat: Chat) -> None:
    asked_for: list[str] = []
    chat.page.on("request", lambda request: asked_for.append(request.url))
    chat.say(HOSTILE)

    await chat.asked("Is it done?")

    await expect(chat.answer).to_contain_text('<script>document.title = "run"</script>')
    await expect(
        chat.answer.locator(".markdown :is(script, img, iframe, b, [onerror], [onmouseover])")
    ).to_have_count(0)
    links = await chat.answer.get_by_role("link").all()
    assert [await link.get_attribute("href") for link in links] == [
        "https://example.com/track.png",
        "https://example.com/",  # of the seventh, where the address ends before the quote
        "https://example.com/fine",
    ]
    assert (await chat.page.title()).startswith("Is it done?")
    assert {url.startswith(chat.url) for url in asked_for} == {True}


async def test_no_depth_or_length_of_an_answer_stops_the_page(chat: Chat) -> None:
    for text in ENDLESS:
        chat.say(text)
        await chat.asked("Is it done?")

    await expect(chat.page.get_by_role("article")).to_have_count(len(ENDLESS))
    await expect(chat.page.get_by_role("alert")).to_have_count(0)


async def test_markdown_is_drawn_the_same_in_pieces_as_in_one(chat: Chat) -> None:
    chat.say(MARKDOWN)
    await chat.asked("In one")
    whole = await chat.text.inner_html()
    chat.sandbox.flapjack.script(stream(*[("token", {"delta": letter}) for letter in MARKDOWN], DONE))

    await chat.asked("In pieces")

    assert await chat.text.inner_html() == whole
    assert await chat.text.evaluate("node => [...node.children].map((each) => each.tagName).join()") == (
        "H4,OL,BLOCKQUOTE,DIV,DIV,P"
    )
    await expect(chat.text.locator("ol > li > ul > li > em")).to_have_text("soft")
    await expect(chat.text.locator("td.end")).to_have_text("2")
    await expect(chat.text.get_by_role("link")).to_have_attribute("href", "https://example.com/a_b_c")


async def test_text_in_any_script_comes_back_as_it_was_typed(chat: Chat) -> None:
    for text in TEXTS:
        await chat.asked(text)
        await expect(chat.text).to_contain_text(f'You asked: "{text}"')

    await expect(chat.page.locator(".question p")).to_have_text(list(TEXTS))


async def test_each_text_runs_in_the_direction_of_its_script(chat: Chat) -> None:
    await chat.asked(ARABIC)

    await expect(chat.page.locator(".question p")).to_have_css("direction", "rtl")
    await expect(chat.text.locator("p")).to_have_css("direction", "ltr")  # "You asked" stands first


async def test_a_reload_shows_everything_as_it_was(chat: Chat) -> None:
    await chat.asked("Where is my order?")
    await chat.asked("Show me an error")
    before = await chat.page.get_by_role("log").inner_text()

    await chat.page.reload()

    assert await chat.page.get_by_role("log").inner_text() == before
    await chat.asked("Is it done?")
    assert len(chat.sandbox.flapjack.calls("threads_create")) == 1


async def test_a_reload_in_mid_answer_keeps_what_has_come_and_offers_to_ask_again(chat: Chat) -> None:
    chat.sandbox.token_delay = 0.02
    await chat.ask("Tell me a slow story")
    await expect(chat.text).to_contain_text("You asked")

    await chat.page.reload()

    await expect(chat.text).to_contain_text("You asked")
    await expect(chat.answer.get_by_text("Interrupted")).to_be_visible()
    await expect(chat.button("Ask again")).to_be_visible()


async def test_each_conversation_keeps_its_own_answers_while_one_is_written(chat: Chat) -> None:
    chat.sandbox.token_delay = 0.02
    await chat.ask("Tell me a slow story")
    await expect(chat.text).to_contain_text("slow story")
    await chat.button("New conversation").click()
    chat.sandbox.token_delay = 0.0
    await chat.asked("Is it done?")
    await expect(chat.page.locator(".conversation")).to_have_count(2)

    await chat.button("Tell me a slow story").click()

    await expect(chat.page.get_by_role("article")).to_have_count(1)
    await chat.ended()
    await expect(chat.text).to_contain_text("slow story")
    first, second = chat.sandbox.flapjack.calls("threads_send_message")
    assert first.path != second.path


async def test_a_deleted_conversation_is_gone_after_a_reload_too(chat: Chat) -> None:
    await chat.asked("Is it done?")
    await chat.button("Delete Is it done?").click()
    await expect(chat.page.locator(".conversation")).to_have_count(0)

    await chat.page.reload()

    await expect(chat.page.locator(".conversation")).to_have_count(0)
    await expect(chat.page.get_by_role("heading", name="What can I do for you?")).to_be_visible()


async def test_on_a_phone_nothing_is_wider_than_the_screen_and_the_list_is_a_drawer(chat: Chat) -> None:
    await chat.page.set_viewport_size({"width": 360, "height": 640})
    chat.say(
        "`"
        + "long" * 80
        + "`\n\n|"
        + " wide |" * 30
        + "\n|"
        + "--|" * 30
        + "\n\n```\n"
        + "code " * 80
        + "\n```"
    )
    await chat.asked("Is it done?")

    assert await chat.page.evaluate("() => document.documentElement.scrollWidth") == 360
    assert await chat.page.get_by_role("log").evaluate("node => node.scrollWidth <= node.clientWidth")
    await expect(chat.button("New conversation")).to_be_hidden()
    await chat.button("Conversations").click()
    await expect(chat.button("New conversation")).to_be_visible()
    await chat.page.keyboard.press("Escape")
    await expect(chat.button("New conversation")).to_be_hidden()
    await expect(chat.button("Conversations")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_all_text_is_readable_in_both_schemes(chat: Chat, scheme: str) -> None:
    await chat.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    chat.say("Text with a [link](https://example.com), `code`\n\n> quote\n\n```py\nx = 1\n```")
    await chat.asked("Is it done?")
    await chat.asked("Which profile fits an incident? Find my order with auth")
    await chat.asked("Show me an error")

    faint = await chat.page.evaluate(CONTRASTS)

    assert [each for each in faint if each["ratio"] < 4.5] == []
    assert len(faint) > 30


# The ratio of WCAG 2.2 of each piece of text on the nearest ground that is painted.
CONTRASTS = """() => {
  const pixel = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgb = (color) => {
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = color;
    pixel.fillRect(0, 0, 1, 1);
    return [...pixel.getImageData(0, 0, 1, 1).data];
  };
  const light = (color) => {
    const [r, g, b] = rgb(color).map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (node) => {
    const color = getComputedStyle(node).backgroundColor;
    return rgb(color)[3] === 255 ? color : ground(node.parentElement);
  };
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !node.checkVisibility()) continue;
    const [one, other] = [light(getComputedStyle(node).color), light(ground(node))].sort((a, b) => b - a);
    found.push({ text: walk.currentNode.data.trim().slice(0, 40), ratio: (one + 0.05) / (other + 0.05) });
  }
  return found;
}"""


async def test_the_chosen_colours_stay(chat: Chat) -> None:
    toggle = chat.page.get_by_role("button", name=re.compile("^Colours"))
    await toggle.click()
    await toggle.click()
    await expect(toggle).to_have_accessible_name("Colours: dark. Change")

    await chat.page.reload()

    await expect(chat.page.locator("html")).to_have_css("color-scheme", "dark")


async def test_who_asked_for_less_motion_sees_none(chat: Chat) -> None:
    await chat.page.emulate_media(reduced_motion="reduce")
    chat.sandbox.token_delay = 0.02
    await chat.ask("Tell me a slow story")
    await expect(chat.text).to_contain_text("You asked")

    assert await chat.page.evaluate("() => document.getAnimations().length") == 0


async def test_the_page_may_use_its_own_files_alone(chat: Chat) -> None:
    response = await chat.page.reload()

    assert response is not None
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
