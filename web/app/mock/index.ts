/** Duty: puts an invented scene behind the screens: view, pictures and line, with no server. Never part of the built client. */
import type { Me } from '@core/api'
import type { Line } from '@core/protocol'
import type { Known } from '@core/state'
import { procedures } from '../court/bench/table'
import { benchTable } from './benchTable'
import { answerExhibits } from './exhibits'
import { mockMe, SCENES } from './scenes'

export interface Stagehand {
  me: (me: Me) => void
  known: (known: Known) => void
  line: (part: Partial<Line>) => void
  streams: (streams: MediaStream[]) => void
}

/** A drawn person before a plain wall, in a colour of its own. */
function portrait(i: number): MediaStream {
  const canvas = document.createElement('canvas')
  canvas.width = 640
  canvas.height = 360
  const pen = canvas.getContext('2d')
  const hue = (i * 47 + 205) % 360
  const draw = (): void => {
    if (!pen) return
    const wall = pen.createLinearGradient(0, 0, 640, 360)
    wall.addColorStop(0, `hsl(${hue} 18% 62%)`)
    wall.addColorStop(1, `hsl(${hue} 22% 42%)`)
    pen.fillStyle = wall
    pen.fillRect(0, 0, 640, 360)
    const sway = Math.sin(Date.now() / 700 + i) * 4
    pen.fillStyle = '#262d38'
    pen.beginPath()
    pen.ellipse(320 + sway, 390, 150, 150, 0, 0, 7)
    pen.fill()
    pen.fillStyle = `hsl(28 35% ${66 - (i % 3) * 4}%)`
    pen.beginPath()
    pen.ellipse(320 + sway, 178, 62, 78, 0, 0, 7)
    pen.fill()
    pen.fillStyle = '#1b1d22'
    pen.beginPath()
    pen.ellipse(320 + sway, 128, 66, 46, 0, 3.1, 6.3)
    pen.fill()
  }
  draw()
  window.setInterval(draw, 100)
  return canvas.captureStream(10)
}

export function install(name: string, hand: Stagehand): void {
  const scene = (SCENES[name] ?? SCENES.bench)?.()
  if (!scene?.known.view) return
  answerExhibits()
  procedures.put(benchTable(scene.known.view.procedure))
  hand.me(mockMe(scene.me, scene.known.view))
  hand.known(scene.known)
  hand.streams(Array.from({ length: 8 }, (_, i) => portrait(i)))
  hand.line({ phase: 'open', rttMs: 34 })
  if (scene.lost) hand.line({ phase: 'lost', lostSince: Date.now() - 4000, retryAt: Date.now() + 60_000 })
  if (scene.ended) hand.line({ phase: 'ended', ended: scene.ended })
}
