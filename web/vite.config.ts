import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import vue from '@vitejs/plugin-vue'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

// The address of a running Yunting server for `npm run dev`; the built client is served by that server itself.
const server = process.env.YUNTING_SERVER ?? 'http://127.0.0.1:8080'

/** Lays a .gz and a .br beside each text file: the server hands out the one that the browser takes. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    writeBundle(options) {
      const root = join(options.dir ?? 'dist', 'assets')
      for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(js|css)$/.test(name)) continue
        const text = readFileSync(join(root, name))
        writeFileSync(join(root, `${name}.gz`), gzipSync(text, { level: 9 }))
        writeFileSync(join(root, `${name}.br`), brotliCompressSync(text))
      }
    },
  }
}

export default defineConfig({
  plugins: [vue(), compressed()],
  resolve: {
    alias: {
      '@core': new URL('./core', import.meta.url).pathname,
      '@app': new URL('./app', import.meta.url).pathname,
    },
  },
  define: {
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
  },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: ['chrome109', 'firefox115', 'safari16'],
    // Nothing is inlined as a data: address, so that the page's content policy can stay strict.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    host: '127.0.0.1',
    port: 5173,
    strictPort: false,
    proxy: {
      '/api': server,
      '/media': server,
      '/ws': { target: server, ws: true },
    },
  },
  test: {
    environment: 'node',
    include: ['core/**/*.test.ts', 'app/**/*.test.ts'],
  },
})
