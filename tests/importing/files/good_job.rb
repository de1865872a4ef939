# config/initializers/good_job.rb
Rails.application.configure do
  config.good_job.execution_mode = :external
  config.good_job.enable_cron = ENV["CRON"] == "on"
  config.good_job.cron = {
    remind: { # each quarter of an hour
      cron: "*/15 * * * *",
      class: "RemindJob",
      args: [42, "hunter2", { token: "hunter2" }],
      set: { priority: -10, queue: "mailers" },
      description: "Reminds customers"
    },
    :report => {
      :cron => "0 7 * * 1-5 America/Chicago",
      :class => "ReportJob",
      :kwargs => { since: -> { 1.day.ago }, to: "ops@example.com" }
    },
    dump: { cron: "@daily", class: "DumpJob", kwargs: { password: "hunter2" }, enabled_by_default: -> { Rails.env.production? } }
  }
end
