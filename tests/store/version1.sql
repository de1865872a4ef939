-- The rows of a store as procman wrote them with schema version 1.
INSERT INTO "outputs" VALUES(2,X'78');
INSERT INTO "outputs" VALUES(3,X'636166E90A');
INSERT INTO "pasts" VALUES('mail',1700000003,'ok',3,1,1700000030.5,3,NULL);
INSERT INTO "pasts" VALUES('other',NULL,'canceled',8,0,NULL,0,NULL);
INSERT INTO "runs" VALUES(1,'mail','','42
a b

caf\udcff\n
\xe9\\
"
','delayed',NULL,1700001000.5,1,'welcome',1699999900.5,'pending',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL);
INSERT INTO "runs" VALUES(2,'mail','run mail first','first
','manual',NULL,1700000050.5,1,NULL,1699999900.5,'finished','failed',-9,'why','101:1:boot',4713,NULL,1700000061.5,1700000070.5,NULL,0,NULL,NULL);
INSERT INTO "runs" VALUES(3,'mail','run mail','','schedule',1700000001,1700000001.25,1,NULL,1700000020.5,'finished','ok',0,NULL,'101:1:boot',4711,'4711:5:boot',1700000021.5,1700000030.5,5,0,1048576,0.5);
INSERT INTO "runs" VALUES(4,'mail','','','schedule',1700000002,1700000002.0,1,NULL,1700000020.5,'finished','missed',NULL,'5 h late',NULL,NULL,NULL,NULL,1700000020.5,NULL,0,NULL,NULL);
INSERT INTO "runs" VALUES(5,'mail','run mail','','schedule',1700000003,1700000003.0,1,NULL,1700000020.5,'running',NULL,NULL,NULL,'101:1:boot',4712,'4712:5:boot',1700000022.5,NULL,NULL,0,NULL,NULL);
INSERT INTO "runs" VALUES(6,'other','','','manual',NULL,1700000000.5,1,'k',1700000000.5,'claimed',NULL,NULL,NULL,'101:1:boot',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL);
INSERT INTO "runs" VALUES(7,'mail','','first
','retry',NULL,1700000090.5,2,NULL,1700000070.5,'pending',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL);
INSERT INTO "runs" VALUES(8,'other','','','manual',NULL,1700000500.5,1,'canceled',1700000000.5,'finished','canceled',NULL,NULL,NULL,NULL,NULL,NULL,1700000080.5,NULL,0,NULL,NULL);
INSERT INTO "tasks" VALUES('mail','hourly [UTC]',1700000003,NULL,NULL);
INSERT INTO "tasks" VALUES('other','',NULL,1700000005.5,NULL);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('runs',8);
