
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */;
/*!40101 SET @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION */;
/*!40101 SET NAMES utf8mb4 */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;
DROP TABLE IF EXISTS `auth_group`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `auth_group` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` varchar(150) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `name` (`name`)
) ENGINE=InnoDB AUTO_INCREMENT=2 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `auth_group_permissions`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `auth_group_permissions` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `group_id` int(11) NOT NULL,
  `permission_id` int(11) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `auth_group_permissions_group_id_permission_id_0cd325b0_uniq` (`group_id`,`permission_id`),
  KEY `auth_group_permissio_permission_id_84c5c92e_fk_auth_perm` (`permission_id`),
  CONSTRAINT `auth_group_permissio_permission_id_84c5c92e_fk_auth_perm` FOREIGN KEY (`permission_id`) REFERENCES `auth_permission` (`id`),
  CONSTRAINT `auth_group_permissions_group_id_b120cbf9_fk_auth_group_id` FOREIGN KEY (`group_id`) REFERENCES `auth_group` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `auth_permission`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `auth_permission` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` varchar(255) NOT NULL,
  `content_type_id` int(11) NOT NULL,
  `codename` varchar(100) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `auth_permission_content_type_id_codename_01ab375a_uniq` (`content_type_id`,`codename`),
  CONSTRAINT `auth_permission_content_type_id_2f476e4b_fk_django_co` FOREIGN KEY (`content_type_id`) REFERENCES `django_content_type` (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=129 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `auth_user`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `auth_user` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `password` varchar(128) NOT NULL,
  `last_login` datetime(6) DEFAULT NULL,
  `is_superuser` tinyint(1) NOT NULL,
  `username` varchar(150) NOT NULL,
  `first_name` varchar(150) NOT NULL,
  `last_name` varchar(150) NOT NULL,
  `email` varchar(254) NOT NULL,
  `is_staff` tinyint(1) NOT NULL,
  `is_active` tinyint(1) NOT NULL,
  `date_joined` datetime(6) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `username` (`username`)
) ENGINE=InnoDB AUTO_INCREMENT=4 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `auth_user_groups`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `auth_user_groups` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `user_id` int(11) NOT NULL,
  `group_id` int(11) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `auth_user_groups_user_id_group_id_94350c0c_uniq` (`user_id`,`group_id`),
  KEY `auth_user_groups_group_id_97559544_fk_auth_group_id` (`group_id`),
  CONSTRAINT `auth_user_groups_group_id_97559544_fk_auth_group_id` FOREIGN KEY (`group_id`) REFERENCES `auth_group` (`id`),
  CONSTRAINT `auth_user_groups_user_id_6a12ed8b_fk_auth_user_id` FOREIGN KEY (`user_id`) REFERENCES `auth_user` (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=2 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `auth_user_user_permissions`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `auth_user_user_permissions` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `user_id` int(11) NOT NULL,
  `permission_id` int(11) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `auth_user_user_permissions_user_id_permission_id_14a6b632_uniq` (`user_id`,`permission_id`),
  KEY `auth_user_user_permi_permission_id_1fbb5f2c_fk_auth_perm` (`permission_id`),
  CONSTRAINT `auth_user_user_permi_permission_id_1fbb5f2c_fk_auth_perm` FOREIGN KEY (`permission_id`) REFERENCES `auth_permission` (`id`),
  CONSTRAINT `auth_user_user_permissions_user_id_a95ead1b_fk_auth_user_id` FOREIGN KEY (`user_id`) REFERENCES `auth_user` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `authtoken_token`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `authtoken_token` (
  `key` varchar(40) NOT NULL,
  `created` datetime(6) NOT NULL,
  `user_id` int(11) NOT NULL,
  PRIMARY KEY (`key`),
  UNIQUE KEY `user_id` (`user_id`),
  CONSTRAINT `authtoken_token_user_id_35299eff_fk_auth_user_id` FOREIGN KEY (`user_id`) REFERENCES `auth_user` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `django_admin_log`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `django_admin_log` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `action_time` datetime(6) NOT NULL,
  `object_id` longtext DEFAULT NULL,
  `object_repr` varchar(200) NOT NULL,
  `action_flag` smallint(5) unsigned NOT NULL CHECK (`action_flag` >= 0),
  `change_message` longtext NOT NULL,
  `content_type_id` int(11) DEFAULT NULL,
  `user_id` int(11) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `django_admin_log_content_type_id_c4bce8eb_fk_django_co` (`content_type_id`),
  KEY `django_admin_log_user_id_c564eba6_fk_auth_user_id` (`user_id`),
  CONSTRAINT `django_admin_log_content_type_id_c4bce8eb_fk_django_co` FOREIGN KEY (`content_type_id`) REFERENCES `django_content_type` (`id`),
  CONSTRAINT `django_admin_log_user_id_c564eba6_fk_auth_user_id` FOREIGN KEY (`user_id`) REFERENCES `auth_user` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `django_content_type`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `django_content_type` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `app_label` varchar(100) NOT NULL,
  `model` varchar(100) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `django_content_type_app_label_model_76bd3d3b_uniq` (`app_label`,`model`)
) ENGINE=InnoDB AUTO_INCREMENT=33 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `django_migrations`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `django_migrations` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `app` varchar(255) NOT NULL,
  `name` varchar(255) NOT NULL,
  `applied` datetime(6) NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=117 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `django_session`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `django_session` (
  `session_key` varchar(40) NOT NULL,
  `session_data` longtext NOT NULL,
  `expire_date` datetime(6) NOT NULL,
  PRIMARY KEY (`session_key`),
  KEY `django_session_expire_date_a5c62663` (`expire_date`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `django_site`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `django_site` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `domain` varchar(100) NOT NULL,
  `name` varchar(50) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `django_site_domain_a2e37b91_uniq` (`domain`)
) ENGINE=InnoDB AUTO_INCREMENT=2 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `promgen_alert`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `promgen_alert` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `created` datetime(6) NOT NULL,
  `body` longtext NOT NULL,
  `error_count` int(10) unsigned NOT NULL CHECK (`error_count` >= 0),
  `sent_count` int(10) unsigned NOT NULL CHECK (`sent_count` >= 0),
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `promgen_alerterror`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `promgen_alerterror` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `message` longtext NOT NULL,
  `created` datetime(6) NOT NULL,
  `alert_id` int(11) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `promgen_alerterror_alert_id_c77eb6a3_fk_promgen_alert_id` (`alert_id`),
  CONSTRAINT `promgen_alerterror_alert_id_c77eb6a3_fk_promgen_alert_id` FOREIGN KEY (`alert_id`) REFERENCES `promgen_alert` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `promgen_alertlabel`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `promgen_alertlabel` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` varchar(128) NOT NULL,
  `value` longtext NOT NULL,
  `alert_id` int(11) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `promgen_alertlabel_alert_id_48afa6d7_fk_promgen_alert_id` (`alert_id`),
  CONSTRAINT `promgen_alertlabel_alert_id_48afa6d7_fk_promgen_alert_id` FOREIGN KEY (`alert_id`) REFERENCES `promgen_alert` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `promgen_audit`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `promgen_audit` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `body` longtext NOT NULL,
  `created` datetime(6) NOT NULL,
  `data` longtext NOT NULL,
  `old` longtext NOT NULL,
  `object_id` int(10) unsigned NOT NULL CHECK (`object_id` >= 0),
  `content_type_id` int(11) DEFAULT NULL,
  `user_id` int(11) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `promgen_audit_content_type_id_f72fb3d7_fk_django_content_type_id` (`content_type_id`),
  KEY `promgen_audit_user_id_09cf82ca_fk_auth_user_id` (`user_id`),
  CONSTRAINT `promgen_audit_content_type_id_f72fb3d7_fk_django_content_type_id` FOREIGN KEY (`content_type_id`) REFERENCES `django_content_type` (`id`),
  CONSTRAINT `promgen_audit_user_id_09cf82ca_fk_auth_user_id` FOREIGN KEY (`user_id`) REFERENCES `auth_user` (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=2 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `promgen_defaultexporter`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `promgen_defaultexporter` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `job` varchar(128) NOT NULL,
  `port` int(11) NOT NULL,
  `path` varchar(128) NOT NULL,
  `scheme` varchar(5) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `promgen_defaultexporter_job_port_path_5891f5b3_uniq` (`job`,`port`,`path`)
) ENGINE=InnoDB AUTO_INCREMENT=4 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `promgen_exporter`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `promgen_exporter` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `job` varchar(128) NOT NULL,
  `port` int(11) NOT NULL,
  `path` varchar(128) NOT NULL,
  `enabled` tinyint(1) NOT NULL,
  `project_id` int(11) NOT NULL,
  `scheme` varchar(5) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `promgen_exporter_job_port_path_scheme_project_id_d8b1a785_uniq` (`job`,`port`,`path`,`scheme`,`project_id`),
  KEY `promgen_exporter_project_id_8dc572e8_fk_promgen_project_id` (`project_id`),
  CONSTRAINT `promgen_exporter_project_id_8dc572e8_fk_promgen_project_id` FOREIGN KEY (`project_id`) REFERENCES `promgen_project` (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=29 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `promgen_farm`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `promgen_farm` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` varchar(128) NOT NULL,
  `source` varchar(128) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `promgen_farm_name_source_34ab1708_uniq` (`name`,`source`)
) ENGINE=InnoDB AUTO_INCREMENT=11 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `promgen_filter`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `promgen_filter` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` varchar(128) NOT NULL,
  `value` varchar(128) NOT NULL,
  `sender_id` int(11) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `promgen_filter_sender_id_name_value_dc669ab0_uniq` (`sender_id`,`name`,`value`),
  CONSTRAINT `promgen_filter_sender_id_ba2df5db_fk_promgen_sender_id` FOREIGN KEY (`sender_id`) REFERENCES `promgen_sender` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `promgen_host`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `promgen_host` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` varchar(128) NOT NULL,
  `farm_id` int(11) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `promgen_host_name_farm_id_66d67382_uniq` (`name`,`farm_id`),
  KEY `promgen_host_farm_id_cbf92b07_fk_promgen_farm_id` (`farm_id`),
  CONSTRAINT `promgen_host_farm_id_cbf92b07_fk_promgen_farm_id` FOREIGN KEY (`farm_id`) REFERENCES `promgen_farm` (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=28 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `promgen_probe`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `promgen_probe` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `module` varchar(128) NOT NULL,
  `description` longtext NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `module` (`module`)
) ENGINE=InnoDB AUTO_INCREMENT=13 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `promgen_project`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `promgen_project` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` varchar(128) NOT NULL,
  `description` longtext NOT NULL,
  `farm_id` int(11) DEFAULT NULL,
  `service_id` int(11) NOT NULL,
  `owner_id` int(11) DEFAULT NULL,
  `shard_id` int(11) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `name` (`name`),
  KEY `promgen_project_service_id_0f297e5f_fk_promgen_service_id` (`service_id`),
  KEY `promgen_project_farm_id_5b20fb01_fk_promgen_farm_id` (`farm_id`),
  KEY `promgen_project_owner_id_c05261a8_fk_auth_user_id` (`owner_id`),
  KEY `promgen_project_shard_id_0beef3af_fk_promgen_shard_id` (`shard_id`),
  CONSTRAINT `promgen_project_farm_id_5b20fb01_fk_promgen_farm_id` FOREIGN KEY (`farm_id`) REFERENCES `promgen_farm` (`id`),
  CONSTRAINT `promgen_project_owner_id_c05261a8_fk_auth_user_id` FOREIGN KEY (`owner_id`) REFERENCES `auth_user` (`id`),
  CONSTRAINT `promgen_project_service_id_0f297e5f_fk_promgen_service_id` FOREIGN KEY (`service_id`) REFERENCES `promgen_service` (`id`),
  CONSTRAINT `promgen_project_shard_id_0beef3af_fk_promgen_shard_id` FOREIGN KEY (`shard_id`) REFERENCES `promgen_shard` (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=12 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `promgen_prometheus`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `promgen_prometheus` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `host` varchar(128) NOT NULL,
  `port` int(11) NOT NULL,
  `shard_id` int(11) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `promgen_prometheus_host_port_5c3a26fa_uniq` (`host`,`port`),
  KEY `promgen_prometheus_shard_id_58c40229_fk_promgen_shard_id` (`shard_id`),
  CONSTRAINT `promgen_prometheus_shard_id_58c40229_fk_promgen_shard_id` FOREIGN KEY (`shard_id`) REFERENCES `promgen_shard` (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=6 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `promgen_rule`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `promgen_rule` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` varchar(128) NOT NULL,
  `clause` longtext NOT NULL,
  `duration` varchar(128) NOT NULL,
  `enabled` tinyint(1) NOT NULL,
  `object_id` int(10) unsigned NOT NULL CHECK (`object_id` >= 0),
  `description` longtext NOT NULL,
  `content_type_id` int(11) NOT NULL,
  `parent_id` int(11) DEFAULT NULL,
  `annotations` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL CHECK (json_valid(`annotations`)),
  `labels` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL CHECK (json_valid(`labels`)),
  PRIMARY KEY (`id`),
  UNIQUE KEY `name` (`name`),
  KEY `promgen_rule_content_type_id_6dadeb59_fk_django_content_type_id` (`content_type_id`),
  KEY `promgen_rule_parent_id_ceab662a_fk_promgen_rule_id` (`parent_id`),
  CONSTRAINT `promgen_rule_content_type_id_6dadeb59_fk_django_content_type_id` FOREIGN KEY (`content_type_id`) REFERENCES `django_content_type` (`id`),
  CONSTRAINT `promgen_rule_parent_id_ceab662a_fk_promgen_rule_id` FOREIGN KEY (`parent_id`) REFERENCES `promgen_rule` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `promgen_sender`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `promgen_sender` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `sender` varchar(128) NOT NULL,
  `value` varchar(128) NOT NULL,
  `alias` varchar(128) NOT NULL,
  `object_id` int(10) unsigned NOT NULL CHECK (`object_id` >= 0),
  `content_type_id` int(11) NOT NULL,
  `owner_id` int(11) DEFAULT NULL,
  `enabled` tinyint(1) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `promgen_sender_content_type_id_51f4131a_fk_django_co` (`content_type_id`),
  KEY `promgen_sender_owner_id_bbdf0f72_fk_auth_user_id` (`owner_id`),
  CONSTRAINT `promgen_sender_content_type_id_51f4131a_fk_django_co` FOREIGN KEY (`content_type_id`) REFERENCES `django_content_type` (`id`),
  CONSTRAINT `promgen_sender_owner_id_bbdf0f72_fk_auth_user_id` FOREIGN KEY (`owner_id`) REFERENCES `auth_user` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `promgen_service`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `promgen_service` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` varchar(128) NOT NULL,
  `description` longtext NOT NULL,
  `owner_id` int(11) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `name` (`name`),
  KEY `promgen_service_owner_id_38407794_fk_auth_user_id` (`owner_id`),
  CONSTRAINT `promgen_service_owner_id_38407794_fk_auth_user_id` FOREIGN KEY (`owner_id`) REFERENCES `auth_user` (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `promgen_shard`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `promgen_shard` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` varchar(128) NOT NULL,
  `url` varchar(256) NOT NULL,
  `proxy` tinyint(1) NOT NULL,
  `enabled` tinyint(1) NOT NULL,
  `samples` bigint(20) unsigned NOT NULL CHECK (`samples` >= 0),
  `targets` bigint(20) unsigned NOT NULL CHECK (`targets` >= 0),
  PRIMARY KEY (`id`),
  UNIQUE KEY `name` (`name`)
) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `promgen_url`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `promgen_url` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `url` varchar(256) NOT NULL,
  `project_id` int(11) NOT NULL,
  `probe_id` int(11) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `promgen_url_project_id_4ccc8653_fk_promgen_project_id` (`project_id`),
  KEY `promgen_url_probe_id_5dd0c2ca_fk_promgen_probe_id` (`probe_id`),
  CONSTRAINT `promgen_url_probe_id_5dd0c2ca_fk_promgen_probe_id` FOREIGN KEY (`probe_id`) REFERENCES `promgen_probe` (`id`),
  CONSTRAINT `promgen_url_project_id_4ccc8653_fk_promgen_project_id` FOREIGN KEY (`project_id`) REFERENCES `promgen_project` (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=10 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `social_auth_association`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `social_auth_association` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `server_url` varchar(255) NOT NULL,
  `handle` varchar(255) NOT NULL,
  `secret` varchar(255) NOT NULL,
  `issued` int(11) NOT NULL,
  `lifetime` int(11) NOT NULL,
  `assoc_type` varchar(64) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `social_auth_association_server_url_handle_078befa2_uniq` (`server_url`,`handle`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `social_auth_code`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `social_auth_code` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `email` varchar(254) NOT NULL,
  `code` varchar(32) NOT NULL,
  `verified` tinyint(1) NOT NULL,
  `timestamp` datetime(6) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `social_auth_code_email_code_801b2d02_uniq` (`email`,`code`),
  KEY `social_auth_code_code_a2393167` (`code`),
  KEY `social_auth_code_timestamp_176b341f` (`timestamp`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `social_auth_nonce`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `social_auth_nonce` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `server_url` varchar(255) NOT NULL,
  `timestamp` int(11) NOT NULL,
  `salt` varchar(65) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `social_auth_nonce_server_url_timestamp_salt_f6284463_uniq` (`server_url`,`timestamp`,`salt`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `social_auth_partial`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `social_auth_partial` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `token` varchar(32) NOT NULL,
  `next_step` smallint(5) unsigned NOT NULL CHECK (`next_step` >= 0),
  `backend` varchar(32) NOT NULL,
  `timestamp` datetime(6) NOT NULL,
  `data` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL CHECK (json_valid(`data`)),
  PRIMARY KEY (`id`),
  KEY `social_auth_partial_token_3017fea3` (`token`),
  KEY `social_auth_partial_timestamp_50f2119f` (`timestamp`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;
DROP TABLE IF EXISTS `social_auth_usersocialauth`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `social_auth_usersocialauth` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `provider` varchar(32) NOT NULL,
  `uid` varchar(255) NOT NULL,
  `user_id` int(11) NOT NULL,
  `created` datetime(6) NOT NULL,
  `modified` datetime(6) NOT NULL,
  `extra_data` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL CHECK (json_valid(`extra_data`)),
  PRIMARY KEY (`id`),
  UNIQUE KEY `social_auth_usersocialauth_provider_uid_e6b5e668_uniq` (`provider`,`uid`),
  KEY `social_auth_usersocialauth_user_id_17d28448_fk_auth_user_id` (`user_id`),
  KEY `social_auth_usersocialauth_uid_796e51dc` (`uid`),
  CONSTRAINT `social_auth_usersocialauth_user_id_17d28448_fk_auth_user_id` FOREIGN KEY (`user_id`) REFERENCES `auth_user` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
/*!40101 SET CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS */;
/*!40101 SET COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION */;
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;


/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */;
/*!40101 SET @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION */;
/*!40101 SET NAMES utf8mb4 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;

INSERT INTO `auth_user` VALUES (1,'!',NULL,1,'admin','','','',1,1,'2026-11-28 02:35:39.896232');
INSERT INTO `auth_user` VALUES (2,'!',NULL,0,'alice','','','alice@example.com',0,1,'2026-11-28 02:35:40.294931');
INSERT INTO `auth_user` VALUES (3,'!',NULL,0,'山田太郎','','','',0,1,'2026-11-28 02:35:40.297256');

INSERT INTO `django_migrations` VALUES (1,'contenttypes','0001_initial','2026-11-28 02:35:26.934054');
INSERT INTO `django_migrations` VALUES (2,'auth','0001_initial','2026-11-28 02:35:28.035408');
INSERT INTO `django_migrations` VALUES (3,'admin','0001_initial','2026-11-28 02:35:28.161892');
INSERT INTO `django_migrations` VALUES (4,'admin','0002_logentry_remove_auto_add','2026-11-28 02:35:28.199330');
INSERT INTO `django_migrations` VALUES (5,'admin','0003_logentry_add_action_flag_choices','2026-11-28 02:35:28.226815');
INSERT INTO `django_migrations` VALUES (6,'contenttypes','0002_remove_content_type_name','2026-11-28 02:35:28.363166');
INSERT INTO `django_migrations` VALUES (7,'auth','0002_alter_permission_name_max_length','2026-11-28 02:35:28.445760');
INSERT INTO `django_migrations` VALUES (8,'auth','0003_alter_user_email_max_length','2026-11-28 02:35:28.515636');
INSERT INTO `django_migrations` VALUES (9,'auth','0004_alter_user_username_opts','2026-11-28 02:35:28.543276');
INSERT INTO `django_migrations` VALUES (10,'auth','0005_alter_user_last_login_null','2026-11-28 02:35:28.673551');
INSERT INTO `django_migrations` VALUES (11,'auth','0006_require_contenttypes_0002','2026-11-28 02:35:28.680288');
INSERT INTO `django_migrations` VALUES (12,'auth','0007_alter_validators_add_error_messages','2026-11-28 02:35:28.749668');
INSERT INTO `django_migrations` VALUES (13,'auth','0008_alter_user_username_max_length','2026-11-28 02:35:28.822481');
INSERT INTO `django_migrations` VALUES (14,'auth','0009_alter_user_last_name_max_length','2026-11-28 02:35:28.951731');
INSERT INTO `django_migrations` VALUES (15,'auth','0010_alter_group_name_max_length','2026-11-28 02:35:29.055644');
INSERT INTO `django_migrations` VALUES (16,'auth','0011_update_proxy_permissions','2026-11-28 02:35:29.083646');
INSERT INTO `django_migrations` VALUES (17,'auth','0012_alter_user_first_name_max_length','2026-11-28 02:35:29.167508');
INSERT INTO `django_migrations` VALUES (18,'authtoken','0001_initial','2026-11-28 02:35:29.375895');
INSERT INTO `django_migrations` VALUES (19,'authtoken','0002_auto_20160226_1747','2026-11-28 02:35:29.527003');
INSERT INTO `django_migrations` VALUES (20,'authtoken','0003_tokenproxy','2026-11-28 02:35:29.529613');
INSERT INTO `django_migrations` VALUES (21,'authtoken','0004_alter_tokenproxy_options','2026-11-28 02:35:29.658668');
INSERT INTO `django_migrations` VALUES (22,'sites','0001_initial','2026-11-28 02:35:29.707029');
INSERT INTO `django_migrations` VALUES (23,'sites','0002_alter_domain_unique','2026-11-28 02:35:29.807897');
INSERT INTO `django_migrations` VALUES (24,'promgen','0001_initial','2026-11-28 02:35:31.849446');
INSERT INTO `django_migrations` VALUES (25,'promgen','0002_audit','2026-11-28 02:35:31.854567');
INSERT INTO `django_migrations` VALUES (26,'promgen','0003_setting','2026-11-28 02:35:31.859834');
INSERT INTO `django_migrations` VALUES (27,'promgen','0004_auto_20161019_0755','2026-11-28 02:35:31.863893');
INSERT INTO `django_migrations` VALUES (28,'promgen','0005_sender','2026-11-28 02:35:31.867091');
INSERT INTO `django_migrations` VALUES (29,'promgen','0006_auto_20161019_1214','2026-11-28 02:35:31.871178');
INSERT INTO `django_migrations` VALUES (30,'promgen','0007_auto_20161020_0253','2026-11-28 02:35:31.874506');
INSERT INTO `django_migrations` VALUES (31,'promgen','0008_auto_20161020_0528','2026-11-28 02:35:31.880001');
INSERT INTO `django_migrations` VALUES (32,'promgen','0009_auto_20161021_0640','2026-11-28 02:35:31.884141');
INSERT INTO `django_migrations` VALUES (33,'promgen','0010_auto_20161025_0034','2026-11-28 02:35:31.888468');
INSERT INTO `django_migrations` VALUES (34,'promgen','0011_auto_20161025_0737','2026-11-28 02:35:31.894535');
INSERT INTO `django_migrations` VALUES (35,'promgen','0012_auto_20161027_0306','2026-11-28 02:35:31.896607');
INSERT INTO `django_migrations` VALUES (36,'promgen','0013_auto_20161027_0307','2026-11-28 02:35:31.899399');
INSERT INTO `django_migrations` VALUES (37,'promgen','0014_stat','2026-11-28 02:35:31.904052');
INSERT INTO `django_migrations` VALUES (38,'promgen','0015_delete_stat','2026-11-28 02:35:31.907657');
INSERT INTO `django_migrations` VALUES (39,'promgen','0016_auto_20161121_0714','2026-11-28 02:35:31.912295');
INSERT INTO `django_migrations` VALUES (40,'promgen','0017_auto_20161215_2352','2026-11-28 02:35:31.920612');
INSERT INTO `django_migrations` VALUES (41,'promgen','0018_rule_enabled','2026-11-28 02:35:31.922645');
INSERT INTO `django_migrations` VALUES (42,'promgen','0019_url','2026-11-28 02:35:31.926543');
INSERT INTO `django_migrations` VALUES (43,'promgen','0020_auto_20161226_0337','2026-11-28 02:35:31.931882');
INSERT INTO `django_migrations` VALUES (44,'promgen','0021_auto_20161228_0049','2026-11-28 02:35:31.935692');
INSERT INTO `django_migrations` VALUES (45,'promgen','0022_auto_20170116_0824','2026-11-28 02:35:31.939533');
INSERT INTO `django_migrations` VALUES (46,'promgen','0023_shard','2026-11-28 02:35:31.943139');
INSERT INTO `django_migrations` VALUES (47,'promgen','0024_auto_20170220_0324','2026-11-28 02:35:31.946461');
INSERT INTO `django_migrations` VALUES (48,'promgen','0025_shard_url','2026-11-28 02:35:31.951344');
INSERT INTO `django_migrations` VALUES (49,'promgen','0026_auto_20170315_0344','2026-11-28 02:35:31.956127');
INSERT INTO `django_migrations` VALUES (50,'promgen','0027_prometheus_server','2026-11-28 02:35:31.958034');
INSERT INTO `django_migrations` VALUES (51,'promgen','0028_url_sort_fields','2026-11-28 02:35:31.959909');
INSERT INTO `django_migrations` VALUES (52,'promgen','0029_auto_20170406_0236','2026-11-28 02:35:31.961442');
INSERT INTO `django_migrations` VALUES (53,'promgen','0030_exporter_enabled','2026-11-28 02:35:31.963119');
INSERT INTO `django_migrations` VALUES (54,'promgen','0031_sender_to_notification','2026-11-28 02:35:31.964736');
INSERT INTO `django_migrations` VALUES (55,'promgen','0032_audit_diff','2026-11-28 02:35:31.966227');
INSERT INTO `django_migrations` VALUES (56,'promgen','0033_diff_old','2026-11-28 02:35:31.967640');
INSERT INTO `django_migrations` VALUES (57,'promgen','0034_auto_20170622_0518','2026-11-28 02:35:31.969115');
INSERT INTO `django_migrations` VALUES (58,'promgen','0035_rule_parent','2026-11-28 02:35:31.970597');
INSERT INTO `django_migrations` VALUES (59,'promgen','0036_auto_20170626_0231','2026-11-28 02:35:31.972005');
INSERT INTO `django_migrations` VALUES (60,'promgen','0037_shard_proxy','2026-11-28 02:35:31.973411');
INSERT INTO `django_migrations` VALUES (61,'promgen','0038_audit_user','2026-11-28 02:35:31.974836');
INSERT INTO `django_migrations` VALUES (62,'promgen','0039_auto_20170725_0257','2026-11-28 02:35:31.976193');
INSERT INTO `django_migrations` VALUES (63,'promgen','0040_default_farm','2026-11-28 02:35:31.977561');
INSERT INTO `django_migrations` VALUES (64,'promgen','0041_sender_owner','2026-11-28 02:35:31.979049');
INSERT INTO `django_migrations` VALUES (65,'promgen','0042_description_field','2026-11-28 02:35:31.980441');
INSERT INTO `django_migrations` VALUES (66,'promgen','0043_rule_description','2026-11-28 02:35:31.981809');
INSERT INTO `django_migrations` VALUES (67,'promgen','0044_common-rules','2026-11-28 02:35:31.983269');
INSERT INTO `django_migrations` VALUES (68,'promgen','0002_auto_20180316_0525','2026-11-28 02:35:32.065555');
INSERT INTO `django_migrations` VALUES (69,'promgen','0003_default-group','2026-11-28 02:35:32.230351');
INSERT INTO `django_migrations` VALUES (70,'promgen','0003_alert_queue','2026-11-28 02:35:32.296249');
INSERT INTO `django_migrations` VALUES (71,'promgen','0004_merge_20180905_0247','2026-11-28 02:35:32.302825');
INSERT INTO `django_migrations` VALUES (72,'promgen','0005_project_owner','2026-11-28 02:35:32.604124');
INSERT INTO `django_migrations` VALUES (73,'promgen','0006_exporter_options','2026-11-28 02:35:32.739257');
INSERT INTO `django_migrations` VALUES (74,'promgen','0007_message_filter','2026-11-28 02:35:33.095856');
INSERT INTO `django_migrations` VALUES (75,'promgen','0008_shard_service','2026-11-28 02:35:33.855544');
INSERT INTO `django_migrations` VALUES (76,'promgen','0009_blackbox-module','2026-11-28 02:35:34.200179');
INSERT INTO `django_migrations` VALUES (77,'promgen','0010_app_label_migration','2026-11-28 02:35:34.290181');
INSERT INTO `django_migrations` VALUES (78,'promgen','0011_notifier_counts','2026-11-28 02:35:35.343657');
INSERT INTO `django_migrations` VALUES (79,'promgen','0012_validation_updates','2026-11-28 02:35:35.463918');
INSERT INTO `django_migrations` VALUES (80,'promgen','0013_validation_fix','2026-11-28 02:35:35.575372');
INSERT INTO `django_migrations` VALUES (81,'promgen','0014_exporter_scheme','2026-11-28 02:35:35.815051');
INSERT INTO `django_migrations` VALUES (82,'promgen','0015_internal','2026-11-28 02:35:35.919599');
INSERT INTO `django_migrations` VALUES (83,'promgen','0016_alertlabel','2026-11-28 02:35:36.083223');
INSERT INTO `django_migrations` VALUES (84,'promgen','0017_alter_alertlabel_field','2026-11-28 02:35:36.200222');
INSERT INTO `django_migrations` VALUES (85,'promgen','0018_default_exporter_scheme','2026-11-28 02:35:36.329769');
INSERT INTO `django_migrations` VALUES (86,'promgen','0019_sender_enabled','2026-11-28 02:35:36.494812');
INSERT INTO `django_migrations` VALUES (87,'promgen','0020_fix_exporter_constraints','2026-11-28 02:35:36.688649');
INSERT INTO `django_migrations` VALUES (88,'promgen','0021_shard_load','2026-11-28 02:35:36.917880');
INSERT INTO `django_migrations` VALUES (89,'promgen','0022_rule_labels_annotations','2026-11-28 02:35:37.303999');
INSERT INTO `django_migrations` VALUES (90,'sessions','0001_initial','2026-11-28 02:35:37.370699');
INSERT INTO `django_migrations` VALUES (91,'default','0001_initial','2026-11-28 02:35:37.962624');
INSERT INTO `django_migrations` VALUES (92,'social_auth','0001_initial','2026-11-28 02:35:37.964413');
INSERT INTO `django_migrations` VALUES (93,'default','0002_add_related_name','2026-11-28 02:35:37.997696');
INSERT INTO `django_migrations` VALUES (94,'social_auth','0002_add_related_name','2026-11-28 02:35:37.999384');
INSERT INTO `django_migrations` VALUES (95,'default','0003_alter_email_max_length','2026-11-28 02:35:38.024527');
INSERT INTO `django_migrations` VALUES (96,'social_auth','0003_alter_email_max_length','2026-11-28 02:35:38.027241');
INSERT INTO `django_migrations` VALUES (97,'default','0004_auto_20160423_0400','2026-11-28 02:35:38.148764');
INSERT INTO `django_migrations` VALUES (98,'social_auth','0004_auto_20160423_0400','2026-11-28 02:35:38.153523');
INSERT INTO `django_migrations` VALUES (99,'social_auth','0005_auto_20160727_2333','2026-11-28 02:35:38.243949');
INSERT INTO `django_migrations` VALUES (100,'social_django','0006_partial','2026-11-28 02:35:38.506194');
INSERT INTO `django_migrations` VALUES (101,'social_django','0007_code_timestamp','2026-11-28 02:35:38.725136');
INSERT INTO `django_migrations` VALUES (102,'social_django','0008_partial_timestamp','2026-11-28 02:35:38.872016');
INSERT INTO `django_migrations` VALUES (103,'social_django','0009_auto_20191118_0520','2026-11-28 02:35:39.318004');
INSERT INTO `django_migrations` VALUES (104,'social_django','0010_uid_db_index','2026-11-28 02:35:39.551739');
INSERT INTO `django_migrations` VALUES (105,'social_django','0011_alter_id_fields','2026-11-28 02:35:39.671801');
INSERT INTO `django_migrations` VALUES (106,'social_django','0012_usersocialauth_extra_data_new','2026-11-28 02:35:39.725053');
INSERT INTO `django_migrations` VALUES (107,'social_django','0013_migrate_extra_data','2026-11-28 02:35:39.757651');
INSERT INTO `django_migrations` VALUES (108,'social_django','0014_remove_usersocialauth_extra_data','2026-11-28 02:35:39.789115');
INSERT INTO `django_migrations` VALUES (109,'social_django','0015_rename_extra_data_new_usersocialauth_extra_data','2026-11-28 02:35:39.825999');
INSERT INTO `django_migrations` VALUES (110,'social_django','0016_alter_usersocialauth_extra_data','2026-11-28 02:35:39.844014');
INSERT INTO `django_migrations` VALUES (111,'promgen','0001_squashed_0044_common-rules','2026-11-28 02:35:39.851875');
INSERT INTO `django_migrations` VALUES (112,'social_django','0003_alter_email_max_length','2026-11-28 02:35:39.853727');
INSERT INTO `django_migrations` VALUES (113,'social_django','0002_add_related_name','2026-11-28 02:35:39.855659');
INSERT INTO `django_migrations` VALUES (114,'social_django','0005_auto_20160727_2333','2026-11-28 02:35:39.857371');
INSERT INTO `django_migrations` VALUES (115,'social_django','0004_auto_20160423_0400','2026-11-28 02:35:39.859040');
INSERT INTO `django_migrations` VALUES (116,'social_django','0001_initial','2026-11-28 02:35:39.860511');

INSERT INTO `promgen_shard` VALUES (1,'Default','http://prometheus.example.com',1,1,5000000,10000);
INSERT INTO `promgen_shard` VALUES (3,'tokyo','https://tokyo.example.com/',1,1,5000000,10000);
INSERT INTO `promgen_shard` VALUES (4,'osaka 2/b','https://osaka.example.com/',0,1,750000,1200);
INSERT INTO `promgen_shard` VALUES (5,'the \"old\" one','',0,0,5000000,10000);
INSERT INTO `promgen_shard` VALUES (6,'padded ','https://padded.example.com/',0,1,5000000,10000);

INSERT INTO `promgen_prometheus` VALUES (1,'prometheus001',9090,3);
INSERT INTO `promgen_prometheus` VALUES (2,'2001:DB8::9',9090,3);
INSERT INTO `promgen_prometheus` VALUES (3,'prometheus002.example.com',19090,4);
INSERT INTO `promgen_prometheus` VALUES (4,'http://prometheus003',9090,4);
INSERT INTO `promgen_prometheus` VALUES (5,'prometheus004',0,4);

INSERT INTO `promgen_service` VALUES (1,'shop','Sells things.\nSee \"the wiki\".',2);
INSERT INTO `promgen_service` VALUES (2,'日本語 のサービス','',3);
INSERT INTO `promgen_service` VALUES (3,'no projects yet','',NULL);
INSERT INTO `promgen_service` VALUES (4,'shared-a','',NULL);
INSERT INTO `promgen_service` VALUES (5,'shared-b','',NULL);
INSERT INTO `promgen_service` VALUES (6,'odd things','left over from an import',NULL);

INSERT INTO `promgen_farm` VALUES (1,'web machines','promgen');
INSERT INTO `promgen_farm` VALUES (2,'db','pmc');
INSERT INTO `promgen_farm` VALUES (3,'農場 <1> & \'co\'','プラグイン');
INSERT INTO `promgen_farm` VALUES (4,'empty','promgen');
INSERT INTO `promgen_farm` VALUES (5,'nobody\'s','promgen');
INSERT INTO `promgen_farm` VALUES (6,'shared','promgen');
INSERT INTO `promgen_farm` VALUES (7,'odd','promgen');
INSERT INTO `promgen_farm` VALUES (8,'of the padded one','promgen');
INSERT INTO `promgen_farm` VALUES (9,'homeless','promgen');
INSERT INTO `promgen_farm` VALUES (10,'padded farm ','promgen');

INSERT INTO `promgen_project` VALUES (1,'shop web','',1,1,3,3);
INSERT INTO `promgen_project` VALUES (2,'shop/db','MariaDB & friends',2,1,NULL,4);
INSERT INTO `promgen_project` VALUES (3,'it\'s \"quoted\" \\ `here` $HOME; --','',3,2,NULL,5);
INSERT INTO `promgen_project` VALUES (4,'no farm yet','',NULL,2,NULL,5);
INSERT INTO `promgen_project` VALUES (5,'no hosts yet','',4,2,NULL,5);
INSERT INTO `promgen_project` VALUES (6,'shared-a','',6,4,NULL,3);
INSERT INTO `promgen_project` VALUES (7,'shared-b','',6,5,NULL,4);
INSERT INTO `promgen_project` VALUES (8,'odd','',7,6,NULL,3);
INSERT INTO `promgen_project` VALUES (9,' padded project ','',8,6,NULL,3);
INSERT INTO `promgen_project` VALUES (10,'on a padded shard','',9,6,NULL,6);
INSERT INTO `promgen_project` VALUES (11,'in a padded farm','',10,6,NULL,3);

INSERT INTO `promgen_host` VALUES (1,'web1.example.com',1);
INSERT INTO `promgen_host` VALUES (2,'web2.example.com',1);
INSERT INTO `promgen_host` VALUES (3,'192.0.2.7',1);
INSERT INTO `promgen_host` VALUES (4,'2001:db8::1',2);
INSERT INTO `promgen_host` VALUES (5,'2001:DB8:0:0::2',2);
INSERT INTO `promgen_host` VALUES (6,'db-3_a.example.com',2);
INSERT INTO `promgen_host` VALUES (7,'ahost',3);
INSERT INTO `promgen_host` VALUES (8,'xn--wgv71a119e.example',3);
INSERT INTO `promgen_host` VALUES (9,'host.with.dot.',3);
INSERT INTO `promgen_host` VALUES (10,'s1',6);
INSERT INTO `promgen_host` VALUES (11,'s2',6);
INSERT INTO `promgen_host` VALUES (12,'good.example.com',7);
INSERT INTO `promgen_host` VALUES (13,'port.example.com:9100',7);
INSERT INTO `promgen_host` VALUES (14,'space in.example.com',7);
INSERT INTO `promgen_host` VALUES (15,'http://url.example.com/',7);
INSERT INTO `promgen_host` VALUES (16,'2001:db8::5',7);
INSERT INTO `promgen_host` VALUES (17,'2001:DB8:0::5',7);
INSERT INTO `promgen_host` VALUES (18,'[2001:db8::6]',7);
INSERT INTO `promgen_host` VALUES (19,'256.1.1.1',7);
INSERT INTO `promgen_host` VALUES (20,'日本.example.com',7);
INSERT INTO `promgen_host` VALUES (21,'fe80::1%eth0',7);
INSERT INTO `promgen_host` VALUES (22,'-dash.example.com',7);
INSERT INTO `promgen_host` VALUES (23,'two..dots',7);
INSERT INTO `promgen_host` VALUES (24,'',7);
INSERT INTO `promgen_host` VALUES (25,'padded.example.com',8);
INSERT INTO `promgen_host` VALUES (26,'homeless.example.com',9);
INSERT INTO `promgen_host` VALUES (27,'farmless.example.com',10);

INSERT INTO `promgen_exporter` VALUES (1,'node',9100,'',1,1,'http');
INSERT INTO `promgen_exporter` VALUES (2,'nginx',9113,'/metrics',1,1,'https');
INSERT INTO `promgen_exporter` VALUES (3,'blackbox',9115,'/probe?module=icmp&target=192.0.2.1%3A80',1,1,'http');
INSERT INTO `promgen_exporter` VALUES (4,'jmx',9404,'',0,1,'http');
INSERT INTO `promgen_exporter` VALUES (5,'node',9100,'',1,2,'http');
INSERT INTO `promgen_exporter` VALUES (6,'mysqld',9104,'/metrics?name=a+b&empty_is_not=0',1,2,'http');
INSERT INTO `promgen_exporter` VALUES (7,'mysqld',9104,'/slow',1,2,'http');
INSERT INTO `promgen_exporter` VALUES (9,'ノード',9256,'/監視',1,2,'http');
INSERT INTO `promgen_exporter` VALUES (10,'node \"exporter\"/1, \'two\'',65535,'/a path/with=equals,and;more',1,3,'http');
INSERT INTO `promgen_exporter` VALUES (11,'node',9100,'',1,4,'http');
INSERT INTO `promgen_exporter` VALUES (12,'node',9100,'',1,5,'http');
INSERT INTO `promgen_exporter` VALUES (13,'node',9100,'',1,6,'http');
INSERT INTO `promgen_exporter` VALUES (14,'node',9100,'',1,7,'http');
INSERT INTO `promgen_exporter` VALUES (15,'node',9100,'',1,8,'http');
INSERT INTO `promgen_exporter` VALUES (16,'port zero',0,'',1,8,'http');
INSERT INTO `promgen_exporter` VALUES (17,'port too high',65536,'',1,8,'http');
INSERT INTO `promgen_exporter` VALUES (18,'relative',9101,'metrics',1,8,'http');
INSERT INTO `promgen_exporter` VALUES (19,'collect',9102,'/metrics?collect[]=cpu&collect[]=mem',1,8,'http');
INSERT INTO `promgen_exporter` VALUES (20,'percent',9103,'/a%20b',1,8,'http');
INSERT INTO `promgen_exporter` VALUES (21,'no value',9105,'/metrics?debug',1,8,'http');
INSERT INTO `promgen_exporter` VALUES (22,'twice',9106,'/metrics?name=a&name=b',1,8,'http');
INSERT INTO `promgen_exporter` VALUES (23,' padded',9107,'',1,8,'http');
INSERT INTO `promgen_exporter` VALUES (24,'ftp',9108,'',1,8,'ftp');
INSERT INTO `promgen_exporter` VALUES (25,'off and wrong',-1,'',0,8,'http');
INSERT INTO `promgen_exporter` VALUES (26,'node',9100,'',1,9,'http');
INSERT INTO `promgen_exporter` VALUES (27,'node',9100,'',1,10,'http');
INSERT INTO `promgen_exporter` VALUES (28,'node',9100,'',1,11,'http');

INSERT INTO `promgen_defaultexporter` VALUES (1,'node',9100,'','http');
INSERT INTO `promgen_defaultexporter` VALUES (2,'blackbox',9115,'/probe?module=http_2xx','https');
INSERT INTO `promgen_defaultexporter` VALUES (3,'wrong',70000,'','http');

INSERT INTO `promgen_probe` VALUES (1,'http_2xx','Default http check');
INSERT INTO `promgen_probe` VALUES (11,'http post/日本','');
INSERT INTO `promgen_probe` VALUES (12,'padded ','');

INSERT INTO `promgen_url` VALUES (1,'https://shop.example.com/',1,1);
INSERT INTO `promgen_url` VALUES (2,'https://shop.example.com/?q=a%20b&c=d#top',1,1);
INSERT INTO `promgen_url` VALUES (3,'https://shop.example.com/',1,11);
INSERT INTO `promgen_url` VALUES (4,'http://[2001:db8::1]:8080/health',2,1);
INSERT INTO `promgen_url` VALUES (5,'https://twice.example.com/',8,1);
INSERT INTO `promgen_url` VALUES (6,'https://twice.example.com/',8,1);
INSERT INTO `promgen_url` VALUES (7,'ftp://files.example.com/',8,1);
INSERT INTO `promgen_url` VALUES (8,'https://space.example.com/a b',8,1);
INSERT INTO `promgen_url` VALUES (9,'https://padded.example.com/',8,12);

/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
/*!40101 SET CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS */;
/*!40101 SET COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION */;
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;

