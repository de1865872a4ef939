// pm2 start ecosystem.config.js --env production
module.exports = {
  apps: [
    {
      name: 'api',
      script: './dist/server.js',
      cwd: '/srv/shop',
      instances: 'max',
      exec_mode: 'cluster',
      node_args: '--max-old-space-size=1024',
      args: ['--port', '3000'],
      watch: false,
      max_memory_restart: '1G',
      wait_ready: true,
      listen_timeout: 10000,
      kill_timeout: 5000,
      env: {
        NODE_ENV: 'development',
        DATABASE_URL: 'postgres://shop:hunter2@localhost/shop',
        PORT: 3000,
      },
      env_production: {
        NODE_ENV: 'production',
        JWT_SECRET: "hunter2",
      },
      error_file: './logs/err.log',
      out_file: './logs/out.log',
      log_date_format: 'YYYY-MM-DD HH:mm Z',
      merge_logs: true,
    },
    {
      name: 'worker',
      script: 'npm',
      args: 'run worker -- --token hunter2',
      instances: 2,
      autorestart: true,
      exp_backoff_restart_delay: 100,
      max_restarts: 10,
      min_uptime: '10s',
      env: { QUEUE: 'default', PASSWORD: 'hunter2' },
    },
    {
      name: 'nightly',
      script: 'scripts/nightly.py',
      interpreter: '/srv/shop/venv/bin/python',
      cron_restart: '0 3 * * *',
      autorestart: false,
      watch: ['src', 'config/*.json'],
      ignore_watch: ['node_modules', 'logs', '\\.git'],
    },
  ],

  deploy: {
    production: {
      user: 'deploy',
      host: ['shop.example.com'],
      ref: 'origin/main',
      repo: 'git@github.com:example/shop.git',
      path: '/srv/shop',
      'post-deploy': 'npm ci && pm2 reload ecosystem.config.js --env production',
    },
  },
};
