/** Duty: which screen an address shows; every screen is loaded when first needed. Must never decide a right. */
import { createRouter, createWebHistory } from 'vue-router'
import { needLater } from '../i18n'

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', name: 'home', component: () => import('../arrive/HomePage.vue') },
    { path: '/j/:token', name: 'join', component: () => import('../arrive/JoinPage.vue'), props: true },
    { path: '/arrive', name: 'arrive', component: () => import('../arrive/ArrivePage.vue') },
    { path: '/court', name: 'court', component: () => import('../court/CourtPage.vue') },
    {
      path: '/case/:caseId',
      name: 'case',
      component: () => import('../case/CasePage.vue'),
      props: true,
      beforeEnter: () => needLater('case'),
    },
    {
      path: '/console/:j(j)?/:token?',
      name: 'console',
      component: () => import('../console/ConsolePage.vue'),
      props: (to) => ({ token: to.params.token }),
      beforeEnter: () => needLater('console'),
    },
    { path: '/verify', name: 'verify', component: () => import('../verify/VerifyPage.vue'), beforeEnter: () => needLater('verify') },
    { path: '/:rest(.*)*', name: 'missing', component: () => import('../arrive/MissingPage.vue') },
  ],
  scrollBehavior: () => ({ top: 0 }),
})

// The server was upgraded while this tab was open: its old pieces are gone, so the page is loaded anew where it was going.
router.onError((error: unknown, to) => {
  if (/module script|dynamically imported module/i.test(String(error))) window.location.assign(to.fullPath)
})
