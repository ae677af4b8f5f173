import { createApp } from 'vue'
import 'element-plus/theme-chalk/base.css'
import 'element-plus/theme-chalk/dark/css-vars.css'
import './style.css'
import App from './App.vue'
import { askWho } from './state/session'
import { router } from './router'

void askWho()
createApp(App).use(router).mount('#app')
