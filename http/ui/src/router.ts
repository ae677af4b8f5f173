import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { base } from './api/client'

/** Places of the menu, in its order; a place without `icon` is reached from others. */
export interface Place {
  path: string
  title: string
  group: string
  icon: string
  admin?: boolean
}

export const places: Place[] = [
  { path: '/ui/', title: 'Workbench', group: '', icon: 'gauge' },
  { path: '/ui/hosts', title: 'Hosts', group: 'Assets', icon: 'server' },
  { path: '/ui/groups', title: 'Host groups', group: 'Assets', icon: 'folder' },
  { path: '/ui/board', title: 'Data board', group: 'Watching', icon: 'chart' },
  { path: '/ui/results', title: 'Anomalies', group: 'Watching', icon: 'alert' },
  { path: '/ui/silences', title: 'Silences', group: 'Watching', icon: 'bell' },
  { path: '/ui/logs', title: 'Log search', group: 'Watching', icon: 'lines' },
  { path: '/ui/topology', title: 'Topology', group: 'Watching', icon: 'graph' },
  { path: '/ui/rules', title: 'Check rules', group: 'Watching', icon: 'rule' },
  { path: '/ui/diagnoses', title: 'Diagnoses', group: 'Diagnosis', icon: 'pulse' },
  { path: '/ui/trees', title: 'Fault trees', group: 'Diagnosis', icon: 'tree' },
  { path: '/ui/tasks', title: 'Tasks', group: 'Deployment', icon: 'play', admin: true },
  { path: '/ui/runs', title: 'Runs', group: 'Deployment', icon: 'list', admin: true },
  { path: '/ui/templates', title: 'Templates', group: 'Deployment', icon: 'file', admin: true },
  { path: '/ui/packages', title: 'Packages', group: 'Deployment', icon: 'box', admin: true },
  { path: '/ui/tracing', title: 'Domains', group: 'Configuration', icon: 'sliders' },
  { path: '/ui/changes', title: 'Changes', group: 'Configuration', icon: 'clock' },
  { path: '/ui/cluster', title: 'Cluster', group: 'System', icon: 'nodes', admin: true },
  { path: '/ui/users', title: 'Users', group: 'System', icon: 'people', admin: true },
  { path: '/ui/log', title: 'Log', group: 'System', icon: 'list' },
]

const routes: RouteRecordRaw[] = [
  { path: '/', redirect: '/ui/' },
  { path: '/ui/', component: () => import('./pages/Workbench.vue') },
  { path: '/ui/hosts', component: () => import('./pages/Hosts.vue') },
  { path: '/ui/hosts/:id', component: () => import('./pages/Host.vue'), props: true },
  { path: '/ui/groups', component: () => import('./pages/Groups.vue') },
  { path: '/ui/board', component: () => import('./pages/Board.vue') },
  { path: '/ui/results', component: () => import('./pages/Results.vue') },
  { path: '/ui/silences', component: () => import('./pages/Silences.vue') },
  { path: '/ui/logs', component: () => import('./pages/Logs.vue') },
  { path: '/ui/topology', component: () => import('./pages/Topology.vue') },
  { path: '/ui/topology/:id', component: () => import('./pages/Topology.vue'), props: true },
  { path: '/ui/rules', component: () => import('./pages/Rules.vue') },
  { path: '/ui/rules/edit', component: () => import('./pages/RuleEditor.vue') },
  { path: '/ui/diagnoses', component: () => import('./pages/Diagnoses.vue') },
  { path: '/ui/diagnoses/:id', component: () => import('./pages/Diagnosis.vue'), props: true },
  { path: '/ui/reports/:id', component: () => import('./pages/Report.vue'), props: true },
  { path: '/ui/trees', component: () => import('./pages/Trees.vue') },
  { path: '/ui/trees/edit', component: () => import('./pages/TreeEditor.vue') },
  { path: '/ui/trees/show/:name', component: () => import('./pages/Tree.vue'), props: true },
  { path: '/ui/tasks', component: () => import('./pages/Tasks.vue') },
  { path: '/ui/runs', component: () => import('./pages/Runs.vue') },
  { path: '/ui/runs/:id', component: () => import('./pages/Run.vue'), props: true },
  { path: '/ui/templates', component: () => import('./pages/Templates.vue') },
  { path: '/ui/packages', component: () => import('./pages/Packages.vue') },
  { path: '/ui/tracing', component: () => import('./pages/Domains.vue') },
  { path: '/ui/tracing/:name', component: () => import('./pages/Domain.vue'), props: true },
  { path: '/ui/changes', component: () => import('./pages/ConfigHistory.vue') },
  { path: '/ui/cluster', component: () => import('./pages/Cluster.vue') },
  { path: '/ui/users', component: () => import('./pages/Users.vue') },
  { path: '/ui/account', component: () => import('./pages/Account.vue') },
  { path: '/ui/log', component: () => import('./pages/Log.vue') },
  { path: '/:rest(.*)*', component: () => import('./pages/Nowhere.vue') },
]

export const router = createRouter({
  history: createWebHistory(base + '/'),
  routes,
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? undefined : { top: 0 }),
})

// After a new version of the node was installed its old pieces are gone: begin anew, where we wanted to go.
router.onError((problem, to) => {
  if (/dynamically imported module|module script/i.test(String(problem))) location.assign(base + to.fullPath)
})
