"""What an answer of the chat example shows while it comes, and what a person can do about it."""

from __future__ import annotations

import re

import pytest
from chat_kit import MESSAGE, Chat

pytest.importorskip("playwright", reason="no browser tests: pip install playwright")
from playwright.async_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_question_that_was_typed_is_answered(chat: Chat) -> None:
    await chat.question.fill("Is it done?")
    await chat.button("Send").click()

    await expect(chat.text).to_have_text(re.compile(r'^You asked: "Is it done\?"\. .*\.$'))
    await expect(chat.question).to_have_value("")
    await expect(chat.question).to_be_focused()
    await expect(chat.page.get_by_role("heading", level=1)).to_have_text("Is it done?")
    (message,) = chat.sandbox.flapjack.calls(MESSAGE)
    assert b'"content":"Is it done?"' in message.body


async def test_shift_and_enter_begin_a_new_line(chat: Chat) -> None:
    await chat.question.press_sequentially("one")
    await chat.question.press("Shift+Enter")
    await chat.question.press_sequentially("two")
    await chat.question.press("Enter")

    await expect(chat.page.locator(".question p").last).to_have_text("one\ntwo")


async def test_tokens_are_shown_before_the_answer_has_ended(chat: Chat) -> None:
    chat.sandbox.token_delay = 0.02

    await chat.ask("Tell me a slow story")

    await expect(chat.text).to_contain_text('You asked: "Tell me a slow story"')
    await expect(chat.answer).to_have_attribute("aria-busy", "true")
    await expect(chat.button("Stop the answer")).to_be_visible()


async def test_the_whole_answer_is_read_out_at_its_end_and_no_token_alone(chat: Chat) -> None:
    await chat.asked("Is it done?")

    await expect(chat.page.locator("#spoken")).to_have_text(await chat.text.inner_text())
    await expect(chat.page.get_by_role("log")).to_have_attribute("aria-live", "off")


@pytest.mark.parametrize(
    ("question", "name", "asked", "answered"),
    [
        ("Where is my order?", "orders · lookup", '"query": "Where is my order?"', '"status": "shipped"'),
        ("Track parcel B-2002", "track parcel", '"reference": "B-2002"', '"status": "on its way"'),
    ],
    ids=["at the platform", "a function of this server"],
)
async def test_a_tool_folds_open_by_keyboard(
    chat: Chat, question: str, name: str, asked: str, answered: str
) -> None:
    await chat.asked(question)
    tool = chat.answer.get_by_role("group")
    await expect(tool.locator("summary")).to_have_text(f"{name}Done")
    await expect(tool.locator("pre").first).to_be_hidden()

    await tool.locator("summary").press("Enter")

    await expect(tool.locator("pre").first).to_be_visible()
    await expect(tool.locator("pre")).to_contain_text([asked, answered])


@pytest.mark.parametrize("way", ["button", "key"])
async def test_stop_ends_the_answer_at_the_platform_and_keeps_what_has_come(chat: Chat, way: str) -> None:
    chat.sandbox.token_delay = 0.02
    await chat.ask("Tell me a slow story")
    await expect(chat.text).to_contain_text("You asked")

    await (chat.button("Stop the answer").click() if way == "button" else chat.page.keyboard.press("Escape"))

    await expect(chat.answer.get_by_text("Stopped")).to_be_visible()
    await expect(chat.text).to_contain_text("You asked")
    await expect(chat.button("Send")).to_be_visible()
    await expect(chat.question).to_be_focused()
    assert len(chat.sandbox.flapjack.calls("threads_stop")) == 1


async def test_a_browser_closed_in_mid_stream_closes_the_connection_to_the_platform(chat: Chat) -> None:
    chat.sandbox.token_delay = 0.02
    await chat.ask("Tell me a slow story")
    await expect(chat.text).to_contain_text("You asked")
    (message,) = chat.sandbox.flapjack.calls(MESSAGE)
    assert not message.disconnected

    await chat.page.close()

    await chat.until(lambda: message.disconnected)
    await chat.until(lambda: len(chat.sandbox.flapjack.calls("threads_stop")) == 1)


async def test_a_person_is_asked_before_an_account_is_connected(chat: Chat) -> None:
    await chat.asked("Book a meeting; I need auth")
    link = chat.answer.get_by_role("link", name="Connect")
    await expect(chat.answer.get_by_text("accounts.example.com, in a new tab")).to_be_visible()
    await expect(link).to_have_attribute(
        "href", re.compile(r"^https://accounts\.example\.com/authorize\?state=")
    )
    await expect(link).to_have_attribute("rel", "noopener noreferrer")

    await chat.button("Not now").click()

    await expect(chat.answer.get_by_text("Not connected")).to_be_visible()
    await expect(link).to_have_count(0)


async def test_after_an_account_was_connected_the_question_is_asked_again(chat: Chat) -> None:
    site = chat.page.context
    await site.route("https://accounts.example.com/**", lambda route: route.fulfill(body="Connected"))
    await chat.asked("Book a meeting; I need auth")
    async with site.expect_page() as opened:
        await chat.answer.get_by_role("link", name="Connect").click()
    await expect((await opened.value).get_by_text("Connected")).to_be_visible()

    await chat.button("I have connected, ask again").click()

    await expect(chat.page.get_by_role("article")).to_have_count(2)
    await chat.ended()
    first, second = chat.sandbox.flapjack.calls(MESSAGE)
    assert first.body == second.body


@pytest.mark.parametrize(
    ("choice", "sent", "words"),
    [("Switch", 1, "Switched"), ("Keep the current one", 0, "Not switched")],
    ids=["yes", "no"],
)
async def test_a_profile_is_switched_only_by_the_person(
    chat: Chat, choice: str, sent: int, words: str
) -> None:
    await chat.asked("Which profile fits an incident?")
    assert chat.sandbox.flapjack.calls("threads_update") == []

    await chat.button(choice).click()

    await expect(chat.answer.locator(".decided")).to_contain_text(words)
    assert len(chat.sandbox.flapjack.calls("threads_update")) == sent
    await expect(chat.page.get_by_text("Profile: triage")).to_have_count(1 if sent else 0)
