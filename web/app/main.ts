/** Duty: starts the client. Must never hold state of a hearing (app/session.ts does). */
import { createApp } from 'vue'
import App from './App.vue'
import { i18n, preferredLang, setLang } from './i18n'
import { router } from './router/index'
import './styles/tokens.css'
import './styles/base.css'

async function start(): Promise<void> {
  await setLang(preferredLang())
  createApp(App).use(i18n).use(router).mount('#app')
}

void start()
