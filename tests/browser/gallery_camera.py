"""Takes pictures of real pages in two sizes and two languages, and says what is wrong with each. Must never change a page.

A view is one page as one role has it. Pages stay open: size and language are switched, not loaded anew.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.browser.gallery_sheet import sheet
from tests.browser.stage import AXE, DESKTOP, PHONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from playwright.async_api import CDPSession, Page

LONGEST = 3000
"""CSS pixels of a page that are kept of it."""
SETTLE_S = 0.22  # transitions take 120 ms, and a resize observer answers in the frame after
VARIANTS = (("zh-CN", "desktop"), ("zh-CN", "phone"), ("en", "phone"), ("en", "desktop"))
"""The order in which one page is seen: one switch from each to the next."""

SIZES = {"desktop": (DESKTOP, 1), "phone": (PHONE, 2)}
"""Viewport in CSS pixels, and pixels of the picture for one of them."""

# What a careful eye looks for, in one pass over the page. The argument: {lang, phone, allowed}.
_LOOK = """
(wish) => {
  const out = new Set();
  const name = (el) => el.dataset?.testid || el.closest('[data-testid]')?.dataset.testid + ' ' + el.tagName.toLowerCase()
    + (typeof el.className === 'string' && el.className ? '.' + el.className.trim().split(/\\s+/).join('.') : '');
  const shown = (el) => el.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const aside = (el) => el.closest('.hidden-text, .skip, svg, script, style, noscript, [data-gallery-skip]') !== null;
  // Kept for a screen reader only.
  const unseen = (el) => { for (let up = el; up; up = up.parentElement) if (getComputedStyle(up).clipPath === 'inset(50%)') return true; return false; };
  const root = document.documentElement;
  const wide = root.scrollWidth - root.clientWidth;
  if (wide > 0) out.add(`sideways scrolling of the page: ${wide} px`);
  const modal = document.querySelector('dialog[open]');
  const clip = (el) => {
    const s = getComputedStyle(el);
    const of = (v) => (v === 'hidden' || v === 'clip' ? 'cut' : v === 'auto' || v === 'scroll' ? 'scroll' : '');
    return { x: of(s.overflowX), y: of(s.overflowY), fixed: s.position === 'fixed' };
  };
  // How far a box sticks out of what cuts it off; a place that scrolls is no loss.
  const lost = (el, box) => {
    let x = true, y = true;
    for (let up = el; up && up !== root && up !== document.body; up = up.parentElement) {
      if (up.title) return '';
      const c = clip(up), r = up.getBoundingClientRect();
      if (x && c.x === 'cut' && (box.right > r.right + 2 || box.left < r.left - 2)) return `${name(up)} cuts it sideways`;
      if (y && c.y === 'cut' && (box.bottom > r.bottom + 2 || box.top < r.top - 2)) return `${name(up)} cuts it off below`;
      if (c.x === 'scroll') x = false;
      if (c.y === 'scroll') y = false;
      if (up.tagName === 'DIALOG') return '';
      if (c.fixed) break;
    }
    const scrolls = root.scrollHeight > root.clientHeight + 1;
    if (x && (box.right > innerWidth + 2 || box.left < -2)) return 'it is outside the window';
    if (y && !scrolls && (box.bottom > innerHeight + 2 || box.top < -2)) return 'it is below the window';
    return '';
  };
  const mine = wish.lang === 'en' ? /[\\u3400-\\u9fff]/ : /[A-Za-z]{2,}/;
  const strange = (text, where) => {
    const key = text.match(/\\b(court|bench|arrive|common|law|reason|rooms|oath|exhibits|case|console)(\\.[a-zA-Z_0-9-]+)+\\b/);
    if (key) out.add(`a key is shown: ${key[0]}`);
    let rest = text;
    for (const one of wish.allowed) rest = rest.split(one).join(' ');
    if (mine.test(rest)) out.add(`the other language (${where}): ${rest.trim().slice(0, 60)}`);
  };
  const foreign = (el) => {
    const tongue = el.closest('[lang]');
    return tongue !== root && tongue !== null && tongue.lang !== root.lang;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const el = node.parentElement, text = node.textContent.trim();
    if (!text || !el || aside(el) || !shown(el)) continue;
    if (!foreign(el) && !el.closest('[data-testid="captions"] [data-seat], [aria-hidden="true"]')) strange(text, 'text');
    if (el.closest('option, select, [aria-hidden="true"]')) continue;
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    if (box.width === 0 || unseen(el)) continue;
    const why = lost(el, box);
    if (why) out.add(`text cut off: "${text.slice(0, 30)}": ${why}`);
    const px = parseFloat(getComputedStyle(el).fontSize);
    if (px < 12) out.add(`text of ${px.toFixed(1)} px: ${name(el)}`);
  }
  for (const el of document.querySelectorAll('[aria-label], [title], [placeholder], [alt]')) {
    if (!shown(el) || foreign(el) || aside(el)) continue;
    for (const attribute of ['aria-label', 'title', 'placeholder', 'alt']) {
      const text = el.getAttribute(attribute);
      if (text) strange(text, attribute);
    }
  }
  for (const el of document.querySelectorAll('button, a[href], input, select, textarea, summary, [role="button"]')) {
    if (!shown(el) || aside(el) || (modal && !modal.contains(el))) continue;
    const label = el.tagName === 'INPUT' ? (el.closest('label') ?? el) : el;
    const box = label.getBoundingClientRect();
    if (box.width === 0 || getComputedStyle(el).clipPath === 'inset(50%)') continue;
    const small = Math.min(box.width, box.height);
    const inline = el.tagName === 'A' && getComputedStyle(el).display === 'inline';
    if (small < 24 && !inline) out.add(`target of ${small.toFixed(0)} px: ${name(el)}`);
    else if (wish.phone && box.height < 44 && el.matches('.button.primary, .button.law, .button.large, .bar .ctl, .press'))
      out.add(`primary target of ${box.height.toFixed(0)} px: ${name(el)}`);
    const why = lost(label, box);
    if (why) out.add(`cannot be reached: ${name(el)}: ${why}`);
    const x = box.left + box.width / 2, y = box.top + box.height / 2;
    const sheet = document.querySelector('.rail.open');
    if (x < 0 || y < 0 || x > innerWidth || y > innerHeight || (wish.phone && sheet && !sheet.contains(el))) continue;
    const top = document.elementFromPoint(x, y);
    let scrolled = false;
    for (let up = el.parentElement; up; up = up.parentElement) {
      const r = up.getBoundingClientRect(), c = clip(up);
      if ((c.y || c.x) && (y < r.top || y > r.bottom || x < r.left || x > r.right)) scrolled = true;
    }
    if (top && !scrolled && !el.disabled && !label.contains(top) && !top.contains(el)) out.add(`covered: ${name(el)} by ${name(top)}`);
  }
  return [...out];
}
"""

_SWITCH = """
async (lang) => {
  const asked = performance.now();
  while (document.documentElement.lang !== lang) {
    document.querySelector('[data-testid="language"]')?.click();
    for (let i = 0; i < 40 && document.documentElement.lang !== lang; i += 1) await new Promise((go) => setTimeout(go, 25));
    if (performance.now() - asked > 5000) return false;
  }
  return true;
}
"""

_EXTENT = "[document.documentElement.clientWidth, document.documentElement.scrollHeight]"

_AXE = """
async () => (await axe.run(document, { resultTypes: ['violations'] })).violations.map(
  (v) => `axe ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.target.join(' ')).join(' | ')}`)
"""


@dataclass
class View:
    """One row of a sheet. phone: what is pressed before the phone's pictures, and after them; desk: before all others.

    again: what is closed and opened anew in the other language, since its words stand as they were asked.
    """

    seat: str
    page: Page
    tag: str = ""
    desk: tuple[str, ...] = ()
    phone: tuple[str, ...] = ()
    after_phone: tuple[str, ...] = ()
    again: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the row is called."""
        return f"{self.seat}-{self.tag}" if self.tag else self.seat


@dataclass
class Camera:
    """Takes views scene by scene. found: (scene, view, variant, complaint). taken: how many pictures."""

    out: Path
    allowed: Sequence[str]
    found: list[tuple[str, str, str, str]] = field(default_factory=list)
    scenes: list[str] = field(default_factory=list)
    taken: int = 0
    only: str = ""
    """A pattern: scenes whose key it does not find are played and not taken."""
    _wires: dict[Page, CDPSession] = field(default_factory=dict)

    async def scene(self, key: str, title: str, views: Iterable[View]) -> None:
        """Take every view of one stage. Views of one page follow one another, pages are taken side by side."""
        rows = list(views)
        key = f"{len(self.scenes) + 1:02d}-{key}"
        self.scenes.append(key)
        if not re.search(self.only, key):
            return
        by_page: dict[Page, list[View]] = {}
        for row in rows:
            by_page.setdefault(row.page, []).append(row)
        await asyncio.gather(*(self._page(key, views_of) for views_of in by_page.values()))
        await asyncio.to_thread(sheet, self.out, key, title, [row.name for row in rows])
        print(f"{key}: {len(rows)} views", flush=True)

    async def _page(self, key: str, rows: list[View]) -> None:
        for row in rows:
            await press(row.page, row.desk)
            for at, (lang, size) in enumerate(VARIANTS):
                await self._turn(row.page, lang, size)
                if row.again and at and VARIANTS[at - 1][0] != lang:
                    await row.page.keyboard.press("Escape")
                    for handle in row.again:
                        await row.page.get_by_test_id(handle).first.evaluate("(button) => button.click()")
                if size == "phone" and VARIANTS[at - 1][1] != "phone":
                    await press(row.page, row.phone)
                await self._take(key, row, lang, size)
                if size == "phone" and VARIANTS[at + 1][1] != "phone":
                    await press(row.page, row.after_phone)
            await self._turn(row.page, "zh-CN", "desktop")

    async def wire(self, page: Page) -> CDPSession:
        """The browser's own line to a page: quicker than going through sizes of a context."""
        if page not in self._wires:
            self._wires[page] = await page.context.new_cdp_session(page)
            await page.evaluate(AXE.read_text(encoding="utf-8"))
        return self._wires[page]

    async def _turn(self, page: Page, lang: str, size: str) -> None:
        wire = await self.wire(page)
        box, scale = SIZES[size]
        phone = size == "phone"
        await wire.send(
            "Emulation.setDeviceMetricsOverride",
            {**box, "deviceScaleFactor": scale, "mobile": phone},
        )
        await wire.send("Emulation.setTouchEmulationEnabled", {"enabled": phone})
        assert await page.evaluate(_SWITCH, lang), f"the language cannot be switched at {page.url}"
        await asyncio.sleep(SETTLE_S)

    async def _take(self, key: str, row: View, lang: str, size: str) -> None:
        wire = await self.wire(row.page)
        width, height = await row.page.evaluate(_EXTENT)
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, LONGEST), "scale": 1}
        whole = {"captureBeyondViewport": True, "clip": clip} if height > SIZES[size][0]["height"] else {}
        shot = await wire.send("Page.captureScreenshot", {"format": "png", **whole})
        path = self.out / key / f"{row.name}-{lang}-{size}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(shot["data"]))
        self.taken += 1
        wish = {
            "lang": lang,
            "phone": size == "phone",
            "allowed": sorted(self.allowed, key=len, reverse=True),
        }
        complaints: list[str] = await row.page.evaluate(f"({_LOOK})({json.dumps(wish)})")
        if not await row.page.evaluate("'axe' in window"):  # the page was loaded anew
            await row.page.evaluate(AXE.read_text(encoding="utf-8"))
        complaints += await row.page.evaluate(_AXE)
        self.found += [(key, row.name, f"{lang} {size}", one) for one in complaints]


async def press(page: Page, handles: Iterable[str]) -> None:
    """Press one after the other; what begins with ~ is only brought into sight."""
    for handle in handles:
        if handle.startswith("~"):
            await page.get_by_test_id(handle[1:]).first.evaluate("(box) => box.scrollIntoView()")
            continue
        await page.get_by_test_id(handle).first.click()
