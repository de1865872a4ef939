# /etc/cron.d/shop: jobs of the shop
SHELL=/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin
API_KEY=hunter2

17 *	* * *	root	cd / && run-parts --report /etc/cron.hourly
25 6	* * *	root	test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }
*/15 *	* * *	www-data	[ -x /usr/lib/php/sessionclean ] && if [ ! -d /run/systemd/system ]; then /usr/lib/php/sessionclean; fi
5-55/10 *	* * *	root	command -v debian-sa1 > /dev/null && debian-sa1 1 1
09,39 *	* * *	shop	PASSWORD=hunter2 /srv/shop/bin/sync --all
@daily	shop	/srv/shop/bin/report
