CREATE TABLE public.auth_group (
    id integer NOT NULL,
    name character varying(150) NOT NULL
);
CREATE SEQUENCE public.auth_group_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.auth_group_id_seq OWNED BY public.auth_group.id;
CREATE TABLE public.auth_group_permissions (
    id integer NOT NULL,
    group_id integer NOT NULL,
    permission_id integer NOT NULL
);
CREATE SEQUENCE public.auth_group_permissions_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.auth_group_permissions_id_seq OWNED BY public.auth_group_permissions.id;
CREATE TABLE public.auth_permission (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    content_type_id integer NOT NULL,
    codename character varying(100) NOT NULL
);
CREATE SEQUENCE public.auth_permission_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.auth_permission_id_seq OWNED BY public.auth_permission.id;
CREATE TABLE public.auth_user (
    id integer NOT NULL,
    password character varying(128) NOT NULL,
    last_login timestamp with time zone,
    is_superuser boolean NOT NULL,
    username character varying(150) NOT NULL,
    first_name character varying(150) NOT NULL,
    last_name character varying(150) NOT NULL,
    email character varying(254) NOT NULL,
    is_staff boolean NOT NULL,
    is_active boolean NOT NULL,
    date_joined timestamp with time zone NOT NULL
);
CREATE TABLE public.auth_user_groups (
    id integer NOT NULL,
    user_id integer NOT NULL,
    group_id integer NOT NULL
);
CREATE SEQUENCE public.auth_user_groups_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.auth_user_groups_id_seq OWNED BY public.auth_user_groups.id;
CREATE SEQUENCE public.auth_user_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.auth_user_id_seq OWNED BY public.auth_user.id;
CREATE TABLE public.auth_user_user_permissions (
    id integer NOT NULL,
    user_id integer NOT NULL,
    permission_id integer NOT NULL
);
CREATE SEQUENCE public.auth_user_user_permissions_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.auth_user_user_permissions_id_seq OWNED BY public.auth_user_user_permissions.id;
CREATE TABLE public.authtoken_token (
    key character varying(40) NOT NULL,
    created timestamp with time zone NOT NULL,
    user_id integer NOT NULL
);
CREATE TABLE public.django_admin_log (
    id integer NOT NULL,
    action_time timestamp with time zone NOT NULL,
    object_id text,
    object_repr character varying(200) NOT NULL,
    action_flag smallint NOT NULL,
    change_message text NOT NULL,
    content_type_id integer,
    user_id integer NOT NULL,
    CONSTRAINT django_admin_log_action_flag_check CHECK ((action_flag >= 0))
);
CREATE SEQUENCE public.django_admin_log_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.django_admin_log_id_seq OWNED BY public.django_admin_log.id;
CREATE TABLE public.django_content_type (
    id integer NOT NULL,
    app_label character varying(100) NOT NULL,
    model character varying(100) NOT NULL
);
CREATE SEQUENCE public.django_content_type_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.django_content_type_id_seq OWNED BY public.django_content_type.id;
CREATE TABLE public.django_migrations (
    id integer NOT NULL,
    app character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    applied timestamp with time zone NOT NULL
);
CREATE SEQUENCE public.django_migrations_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.django_migrations_id_seq OWNED BY public.django_migrations.id;
CREATE TABLE public.django_session (
    session_key character varying(40) NOT NULL,
    session_data text NOT NULL,
    expire_date timestamp with time zone NOT NULL
);
CREATE TABLE public.django_site (
    id integer NOT NULL,
    domain character varying(100) NOT NULL,
    name character varying(50) NOT NULL
);
CREATE SEQUENCE public.django_site_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.django_site_id_seq OWNED BY public.django_site.id;
CREATE TABLE public.promgen_alert (
    id integer NOT NULL,
    created timestamp with time zone NOT NULL,
    body text NOT NULL,
    error_count integer NOT NULL,
    sent_count integer NOT NULL,
    CONSTRAINT promgen_alert_error_count_check CHECK ((error_count >= 0)),
    CONSTRAINT promgen_alert_sent_count_check CHECK ((sent_count >= 0))
);
CREATE SEQUENCE public.promgen_alert_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.promgen_alert_id_seq OWNED BY public.promgen_alert.id;
CREATE TABLE public.promgen_alerterror (
    id integer NOT NULL,
    message text NOT NULL,
    created timestamp with time zone NOT NULL,
    alert_id integer NOT NULL
);
CREATE SEQUENCE public.promgen_alerterror_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.promgen_alerterror_id_seq OWNED BY public.promgen_alerterror.id;
CREATE TABLE public.promgen_alertlabel (
    id integer NOT NULL,
    name character varying(128) NOT NULL,
    value text NOT NULL,
    alert_id integer NOT NULL
);
CREATE SEQUENCE public.promgen_alertlabel_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.promgen_alertlabel_id_seq OWNED BY public.promgen_alertlabel.id;
CREATE TABLE public.promgen_audit (
    id integer NOT NULL,
    body text NOT NULL,
    created timestamp with time zone NOT NULL,
    data text NOT NULL,
    old text NOT NULL,
    object_id integer NOT NULL,
    content_type_id integer,
    user_id integer,
    CONSTRAINT promgen_audit_object_id_check CHECK ((object_id >= 0))
);
CREATE SEQUENCE public.promgen_audit_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.promgen_audit_id_seq OWNED BY public.promgen_audit.id;
CREATE TABLE public.promgen_defaultexporter (
    id integer NOT NULL,
    job character varying(128) NOT NULL,
    port integer NOT NULL,
    path character varying(128) NOT NULL,
    scheme character varying(5) NOT NULL
);
CREATE SEQUENCE public.promgen_defaultexporter_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.promgen_defaultexporter_id_seq OWNED BY public.promgen_defaultexporter.id;
CREATE TABLE public.promgen_exporter (
    id integer NOT NULL,
    job character varying(128) NOT NULL,
    port integer NOT NULL,
    path character varying(128) NOT NULL,
    enabled boolean NOT NULL,
    project_id integer NOT NULL,
    scheme character varying(5) NOT NULL
);
CREATE SEQUENCE public.promgen_exporter_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.promgen_exporter_id_seq OWNED BY public.promgen_exporter.id;
CREATE TABLE public.promgen_farm (
    id integer NOT NULL,
    name character varying(128) NOT NULL,
    source character varying(128) NOT NULL
);
CREATE SEQUENCE public.promgen_farm_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.promgen_farm_id_seq OWNED BY public.promgen_farm.id;
CREATE TABLE public.promgen_filter (
    id integer NOT NULL,
    name character varying(128) NOT NULL,
    value character varying(128) NOT NULL,
    sender_id integer NOT NULL
);
CREATE SEQUENCE public.promgen_filter_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.promgen_filter_id_seq OWNED BY public.promgen_filter.id;
CREATE TABLE public.promgen_host (
    id integer NOT NULL,
    name character varying(128) NOT NULL,
    farm_id integer NOT NULL
);
CREATE SEQUENCE public.promgen_host_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.promgen_host_id_seq OWNED BY public.promgen_host.id;
CREATE TABLE public.promgen_probe (
    id integer NOT NULL,
    module character varying(128) NOT NULL,
    description text NOT NULL
);
CREATE SEQUENCE public.promgen_probe_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.promgen_probe_id_seq OWNED BY public.promgen_probe.id;
CREATE TABLE public.promgen_project (
    id integer NOT NULL,
    name character varying(128) NOT NULL,
    description text NOT NULL,
    farm_id integer,
    service_id integer NOT NULL,
    owner_id integer,
    shard_id integer NOT NULL
);
CREATE SEQUENCE public.promgen_project_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.promgen_project_id_seq OWNED BY public.promgen_project.id;
CREATE TABLE public.promgen_prometheus (
    id integer NOT NULL,
    host character varying(128) NOT NULL,
    port integer NOT NULL,
    shard_id integer NOT NULL
);
CREATE SEQUENCE public.promgen_prometheus_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.promgen_prometheus_id_seq OWNED BY public.promgen_prometheus.id;
CREATE TABLE public.promgen_rule (
    id integer NOT NULL,
    name character varying(128) NOT NULL,
    clause text NOT NULL,
    duration character varying(128) NOT NULL,
    enabled boolean NOT NULL,
    object_id integer NOT NULL,
    description text NOT NULL,
    content_type_id integer NOT NULL,
    parent_id integer,
    annotations jsonb NOT NULL,
    labels jsonb NOT NULL,
    CONSTRAINT promgen_rule_object_id_check CHECK ((object_id >= 0))
);
CREATE SEQUENCE public.promgen_rule_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.promgen_rule_id_seq OWNED BY public.promgen_rule.id;
CREATE TABLE public.promgen_sender (
    id integer NOT NULL,
    sender character varying(128) NOT NULL,
    value character varying(128) NOT NULL,
    alias character varying(128) NOT NULL,
    object_id integer NOT NULL,
    content_type_id integer NOT NULL,
    owner_id integer,
    enabled boolean NOT NULL,
    CONSTRAINT promgen_sender_object_id_check CHECK ((object_id >= 0))
);
CREATE SEQUENCE public.promgen_sender_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.promgen_sender_id_seq OWNED BY public.promgen_sender.id;
CREATE TABLE public.promgen_service (
    id integer NOT NULL,
    name character varying(128) NOT NULL,
    description text NOT NULL,
    owner_id integer
);
CREATE SEQUENCE public.promgen_service_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.promgen_service_id_seq OWNED BY public.promgen_service.id;
CREATE TABLE public.promgen_shard (
    id integer NOT NULL,
    name character varying(128) NOT NULL,
    url character varying(256) NOT NULL,
    proxy boolean NOT NULL,
    enabled boolean NOT NULL,
    samples bigint NOT NULL,
    targets bigint NOT NULL,
    CONSTRAINT promgen_shard_samples_check CHECK ((samples >= 0)),
    CONSTRAINT promgen_shard_targets_check CHECK ((targets >= 0))
);
CREATE SEQUENCE public.promgen_shard_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.promgen_shard_id_seq OWNED BY public.promgen_shard.id;
CREATE TABLE public.promgen_url (
    id integer NOT NULL,
    url character varying(256) NOT NULL,
    project_id integer NOT NULL,
    probe_id integer NOT NULL
);
CREATE SEQUENCE public.promgen_url_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.promgen_url_id_seq OWNED BY public.promgen_url.id;
CREATE TABLE public.social_auth_association (
    id bigint NOT NULL,
    server_url character varying(255) NOT NULL,
    handle character varying(255) NOT NULL,
    secret character varying(255) NOT NULL,
    issued integer NOT NULL,
    lifetime integer NOT NULL,
    assoc_type character varying(64) NOT NULL
);
CREATE SEQUENCE public.social_auth_association_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.social_auth_association_id_seq OWNED BY public.social_auth_association.id;
CREATE TABLE public.social_auth_code (
    id bigint NOT NULL,
    email character varying(254) NOT NULL,
    code character varying(32) NOT NULL,
    verified boolean NOT NULL,
    "timestamp" timestamp with time zone NOT NULL
);
CREATE SEQUENCE public.social_auth_code_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.social_auth_code_id_seq OWNED BY public.social_auth_code.id;
CREATE TABLE public.social_auth_nonce (
    id bigint NOT NULL,
    server_url character varying(255) NOT NULL,
    "timestamp" integer NOT NULL,
    salt character varying(65) NOT NULL
);
CREATE SEQUENCE public.social_auth_nonce_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.social_auth_nonce_id_seq OWNED BY public.social_auth_nonce.id;
CREATE TABLE public.social_auth_partial (
    id bigint NOT NULL,
    token character varying(32) NOT NULL,
    next_step smallint NOT NULL,
    backend character varying(32) NOT NULL,
    "timestamp" timestamp with time zone NOT NULL,
    data jsonb NOT NULL,
    CONSTRAINT social_auth_partial_next_step_check CHECK ((next_step >= 0))
);
CREATE SEQUENCE public.social_auth_partial_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.social_auth_partial_id_seq OWNED BY public.social_auth_partial.id;
CREATE TABLE public.social_auth_usersocialauth (
    id bigint NOT NULL,
    provider character varying(32) NOT NULL,
    uid character varying(255) NOT NULL,
    user_id integer NOT NULL,
    created timestamp with time zone NOT NULL,
    modified timestamp with time zone NOT NULL,
    extra_data jsonb NOT NULL
);
CREATE SEQUENCE public.social_auth_usersocialauth_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.social_auth_usersocialauth_id_seq OWNED BY public.social_auth_usersocialauth.id;
ALTER TABLE ONLY public.auth_group ALTER COLUMN id SET DEFAULT nextval('public.auth_group_id_seq'::regclass);
ALTER TABLE ONLY public.auth_group_permissions ALTER COLUMN id SET DEFAULT nextval('public.auth_group_permissions_id_seq'::regclass);
ALTER TABLE ONLY public.auth_permission ALTER COLUMN id SET DEFAULT nextval('public.auth_permission_id_seq'::regclass);
ALTER TABLE ONLY public.auth_user ALTER COLUMN id SET DEFAULT nextval('public.auth_user_id_seq'::regclass);
ALTER TABLE ONLY public.auth_user_groups ALTER COLUMN id SET DEFAULT nextval('public.auth_user_groups_id_seq'::regclass);
ALTER TABLE ONLY public.auth_user_user_permissions ALTER COLUMN id SET DEFAULT nextval('public.auth_user_user_permissions_id_seq'::regclass);
ALTER TABLE ONLY public.django_admin_log ALTER COLUMN id SET DEFAULT nextval('public.django_admin_log_id_seq'::regclass);
ALTER TABLE ONLY public.django_content_type ALTER COLUMN id SET DEFAULT nextval('public.django_content_type_id_seq'::regclass);
ALTER TABLE ONLY public.django_migrations ALTER COLUMN id SET DEFAULT nextval('public.django_migrations_id_seq'::regclass);
ALTER TABLE ONLY public.django_site ALTER COLUMN id SET DEFAULT nextval('public.django_site_id_seq'::regclass);
ALTER TABLE ONLY public.promgen_alert ALTER COLUMN id SET DEFAULT nextval('public.promgen_alert_id_seq'::regclass);
ALTER TABLE ONLY public.promgen_alerterror ALTER COLUMN id SET DEFAULT nextval('public.promgen_alerterror_id_seq'::regclass);
ALTER TABLE ONLY public.promgen_alertlabel ALTER COLUMN id SET DEFAULT nextval('public.promgen_alertlabel_id_seq'::regclass);
ALTER TABLE ONLY public.promgen_audit ALTER COLUMN id SET DEFAULT nextval('public.promgen_audit_id_seq'::regclass);
ALTER TABLE ONLY public.promgen_defaultexporter ALTER COLUMN id SET DEFAULT nextval('public.promgen_defaultexporter_id_seq'::regclass);
ALTER TABLE ONLY public.promgen_exporter ALTER COLUMN id SET DEFAULT nextval('public.promgen_exporter_id_seq'::regclass);
ALTER TABLE ONLY public.promgen_farm ALTER COLUMN id SET DEFAULT nextval('public.promgen_farm_id_seq'::regclass);
ALTER TABLE ONLY public.promgen_filter ALTER COLUMN id SET DEFAULT nextval('public.promgen_filter_id_seq'::regclass);
ALTER TABLE ONLY public.promgen_host ALTER COLUMN id SET DEFAULT nextval('public.promgen_host_id_seq'::regclass);
ALTER TABLE ONLY public.promgen_probe ALTER COLUMN id SET DEFAULT nextval('public.promgen_probe_id_seq'::regclass);
ALTER TABLE ONLY public.promgen_project ALTER COLUMN id SET DEFAULT nextval('public.promgen_project_id_seq'::regclass);
ALTER TABLE ONLY public.promgen_prometheus ALTER COLUMN id SET DEFAULT nextval('public.promgen_prometheus_id_seq'::regclass);
ALTER TABLE ONLY public.promgen_rule ALTER COLUMN id SET DEFAULT nextval('public.promgen_rule_id_seq'::regclass);
ALTER TABLE ONLY public.promgen_sender ALTER COLUMN id SET DEFAULT nextval('public.promgen_sender_id_seq'::regclass);
ALTER TABLE ONLY public.promgen_service ALTER COLUMN id SET DEFAULT nextval('public.promgen_service_id_seq'::regclass);
ALTER TABLE ONLY public.promgen_shard ALTER COLUMN id SET DEFAULT nextval('public.promgen_shard_id_seq'::regclass);
ALTER TABLE ONLY public.promgen_url ALTER COLUMN id SET DEFAULT nextval('public.promgen_url_id_seq'::regclass);
ALTER TABLE ONLY public.social_auth_association ALTER COLUMN id SET DEFAULT nextval('public.social_auth_association_id_seq'::regclass);
ALTER TABLE ONLY public.social_auth_code ALTER COLUMN id SET DEFAULT nextval('public.social_auth_code_id_seq'::regclass);
ALTER TABLE ONLY public.social_auth_nonce ALTER COLUMN id SET DEFAULT nextval('public.social_auth_nonce_id_seq'::regclass);
ALTER TABLE ONLY public.social_auth_partial ALTER COLUMN id SET DEFAULT nextval('public.social_auth_partial_id_seq'::regclass);
ALTER TABLE ONLY public.social_auth_usersocialauth ALTER COLUMN id SET DEFAULT nextval('public.social_auth_usersocialauth_id_seq'::regclass);
INSERT INTO public.auth_user VALUES (1, '!', NULL, true, 'admin', '', '', '', true, true, '2026-11-28 02:35:47.735133+00');
INSERT INTO public.auth_user VALUES (2, '!', NULL, false, 'alice', '', '', 'alice@example.com', false, true, '2026-11-28 02:35:47.945818+00');
INSERT INTO public.auth_user VALUES (3, '!', NULL, false, '山田太郎', '', '', '', false, true, '2026-11-28 02:35:47.946885+00');
INSERT INTO public.django_migrations VALUES (1, 'contenttypes', '0001_initial', '2026-11-28 02:35:45.062854+00');
INSERT INTO public.django_migrations VALUES (2, 'auth', '0001_initial', '2026-11-28 02:35:45.130279+00');
INSERT INTO public.django_migrations VALUES (3, 'admin', '0001_initial', '2026-11-28 02:35:45.153258+00');
INSERT INTO public.django_migrations VALUES (4, 'admin', '0002_logentry_remove_auto_add', '2026-11-28 02:35:45.174244+00');
INSERT INTO public.django_migrations VALUES (5, 'admin', '0003_logentry_add_action_flag_choices', '2026-11-28 02:35:45.184671+00');
INSERT INTO public.django_migrations VALUES (6, 'contenttypes', '0002_remove_content_type_name', '2026-11-28 02:35:45.223605+00');
INSERT INTO public.django_migrations VALUES (7, 'auth', '0002_alter_permission_name_max_length', '2026-11-28 02:35:45.23559+00');
INSERT INTO public.django_migrations VALUES (8, 'auth', '0003_alter_user_email_max_length', '2026-11-28 02:35:45.250545+00');
INSERT INTO public.django_migrations VALUES (9, 'auth', '0004_alter_user_username_opts', '2026-11-28 02:35:45.26464+00');
INSERT INTO public.django_migrations VALUES (10, 'auth', '0005_alter_user_last_login_null', '2026-11-28 02:35:45.278444+00');
INSERT INTO public.django_migrations VALUES (11, 'auth', '0006_require_contenttypes_0002', '2026-11-28 02:35:45.28291+00');
INSERT INTO public.django_migrations VALUES (12, 'auth', '0007_alter_validators_add_error_messages', '2026-11-28 02:35:45.294544+00');
INSERT INTO public.django_migrations VALUES (13, 'auth', '0008_alter_user_username_max_length', '2026-11-28 02:35:45.311804+00');
INSERT INTO public.django_migrations VALUES (14, 'auth', '0009_alter_user_last_name_max_length', '2026-11-28 02:35:45.324125+00');
INSERT INTO public.django_migrations VALUES (15, 'auth', '0010_alter_group_name_max_length', '2026-11-28 02:35:45.340629+00');
INSERT INTO public.django_migrations VALUES (16, 'auth', '0011_update_proxy_permissions', '2026-11-28 02:35:45.350539+00');
INSERT INTO public.django_migrations VALUES (17, 'auth', '0012_alter_user_first_name_max_length', '2026-11-28 02:35:45.366973+00');
INSERT INTO public.django_migrations VALUES (18, 'authtoken', '0001_initial', '2026-11-28 02:35:45.390382+00');
INSERT INTO public.django_migrations VALUES (19, 'authtoken', '0002_auto_20160226_1747', '2026-11-28 02:35:45.459219+00');
INSERT INTO public.django_migrations VALUES (20, 'authtoken', '0003_tokenproxy', '2026-11-28 02:35:45.46267+00');
INSERT INTO public.django_migrations VALUES (21, 'authtoken', '0004_alter_tokenproxy_options', '2026-11-28 02:35:45.474642+00');
INSERT INTO public.django_migrations VALUES (22, 'sites', '0001_initial', '2026-11-28 02:35:45.478258+00');
INSERT INTO public.django_migrations VALUES (23, 'sites', '0002_alter_domain_unique', '2026-11-28 02:35:45.485177+00');
INSERT INTO public.django_migrations VALUES (24, 'promgen', '0001_initial', '2026-11-28 02:35:45.803793+00');
INSERT INTO public.django_migrations VALUES (25, 'promgen', '0002_audit', '2026-11-28 02:35:45.804737+00');
INSERT INTO public.django_migrations VALUES (26, 'promgen', '0003_setting', '2026-11-28 02:35:45.805652+00');
INSERT INTO public.django_migrations VALUES (27, 'promgen', '0004_auto_20161019_0755', '2026-11-28 02:35:45.80778+00');
INSERT INTO public.django_migrations VALUES (28, 'promgen', '0005_sender', '2026-11-28 02:35:45.808684+00');
INSERT INTO public.django_migrations VALUES (29, 'promgen', '0006_auto_20161019_1214', '2026-11-28 02:35:45.810915+00');
INSERT INTO public.django_migrations VALUES (30, 'promgen', '0007_auto_20161020_0253', '2026-11-28 02:35:45.811735+00');
INSERT INTO public.django_migrations VALUES (31, 'promgen', '0008_auto_20161020_0528', '2026-11-28 02:35:45.813818+00');
INSERT INTO public.django_migrations VALUES (32, 'promgen', '0009_auto_20161021_0640', '2026-11-28 02:35:45.816121+00');
INSERT INTO public.django_migrations VALUES (33, 'promgen', '0010_auto_20161025_0034', '2026-11-28 02:35:45.817062+00');
INSERT INTO public.django_migrations VALUES (34, 'promgen', '0011_auto_20161025_0737', '2026-11-28 02:35:45.818002+00');
INSERT INTO public.django_migrations VALUES (35, 'promgen', '0012_auto_20161027_0306', '2026-11-28 02:35:45.823046+00');
INSERT INTO public.django_migrations VALUES (36, 'promgen', '0013_auto_20161027_0307', '2026-11-28 02:35:45.824095+00');
INSERT INTO public.django_migrations VALUES (37, 'promgen', '0014_stat', '2026-11-28 02:35:45.825118+00');
INSERT INTO public.django_migrations VALUES (38, 'promgen', '0015_delete_stat', '2026-11-28 02:35:45.826141+00');
INSERT INTO public.django_migrations VALUES (39, 'promgen', '0016_auto_20161121_0714', '2026-11-28 02:35:45.829112+00');
INSERT INTO public.django_migrations VALUES (40, 'promgen', '0017_auto_20161215_2352', '2026-11-28 02:35:45.830178+00');
INSERT INTO public.django_migrations VALUES (41, 'promgen', '0018_rule_enabled', '2026-11-28 02:35:45.835052+00');
INSERT INTO public.django_migrations VALUES (42, 'promgen', '0019_url', '2026-11-28 02:35:45.83606+00');
INSERT INTO public.django_migrations VALUES (43, 'promgen', '0020_auto_20161226_0337', '2026-11-28 02:35:45.837118+00');
INSERT INTO public.django_migrations VALUES (44, 'promgen', '0021_auto_20161228_0049', '2026-11-28 02:35:45.838054+00');
INSERT INTO public.django_migrations VALUES (45, 'promgen', '0022_auto_20170116_0824', '2026-11-28 02:35:45.839003+00');
INSERT INTO public.django_migrations VALUES (46, 'promgen', '0023_shard', '2026-11-28 02:35:45.839866+00');
INSERT INTO public.django_migrations VALUES (47, 'promgen', '0024_auto_20170220_0324', '2026-11-28 02:35:45.842719+00');
INSERT INTO public.django_migrations VALUES (48, 'promgen', '0025_shard_url', '2026-11-28 02:35:45.843634+00');
INSERT INTO public.django_migrations VALUES (49, 'promgen', '0026_auto_20170315_0344', '2026-11-28 02:35:45.846858+00');
INSERT INTO public.django_migrations VALUES (50, 'promgen', '0027_prometheus_server', '2026-11-28 02:35:45.847916+00');
INSERT INTO public.django_migrations VALUES (51, 'promgen', '0028_url_sort_fields', '2026-11-28 02:35:45.850951+00');
INSERT INTO public.django_migrations VALUES (52, 'promgen', '0029_auto_20170406_0236', '2026-11-28 02:35:45.851986+00');
INSERT INTO public.django_migrations VALUES (53, 'promgen', '0030_exporter_enabled', '2026-11-28 02:35:45.854822+00');
INSERT INTO public.django_migrations VALUES (54, 'promgen', '0031_sender_to_notification', '2026-11-28 02:35:45.855847+00');
INSERT INTO public.django_migrations VALUES (55, 'promgen', '0032_audit_diff', '2026-11-28 02:35:45.857984+00');
INSERT INTO public.django_migrations VALUES (56, 'promgen', '0033_diff_old', '2026-11-28 02:35:45.861073+00');
INSERT INTO public.django_migrations VALUES (57, 'promgen', '0034_auto_20170622_0518', '2026-11-28 02:35:45.862024+00');
INSERT INTO public.django_migrations VALUES (58, 'promgen', '0035_rule_parent', '2026-11-28 02:35:45.863177+00');
INSERT INTO public.django_migrations VALUES (59, 'promgen', '0036_auto_20170626_0231', '2026-11-28 02:35:45.866938+00');
INSERT INTO public.django_migrations VALUES (60, 'promgen', '0037_shard_proxy', '2026-11-28 02:35:45.867958+00');
INSERT INTO public.django_migrations VALUES (61, 'promgen', '0038_audit_user', '2026-11-28 02:35:45.869006+00');
INSERT INTO public.django_migrations VALUES (62, 'promgen', '0039_auto_20170725_0257', '2026-11-28 02:35:45.874257+00');
INSERT INTO public.django_migrations VALUES (63, 'promgen', '0040_default_farm', '2026-11-28 02:35:45.875258+00');
INSERT INTO public.django_migrations VALUES (64, 'promgen', '0041_sender_owner', '2026-11-28 02:35:45.876312+00');
INSERT INTO public.django_migrations VALUES (65, 'promgen', '0042_description_field', '2026-11-28 02:35:45.877237+00');
INSERT INTO public.django_migrations VALUES (66, 'promgen', '0043_rule_description', '2026-11-28 02:35:45.882749+00');
INSERT INTO public.django_migrations VALUES (67, 'promgen', '0044_common-rules', '2026-11-28 02:35:45.884161+00');
INSERT INTO public.django_migrations VALUES (68, 'promgen', '0002_auto_20180316_0525', '2026-11-28 02:35:45.906218+00');
INSERT INTO public.django_migrations VALUES (69, 'promgen', '0003_default-group', '2026-11-28 02:35:45.943656+00');
INSERT INTO public.django_migrations VALUES (70, 'promgen', '0003_alert_queue', '2026-11-28 02:35:45.951731+00');
INSERT INTO public.django_migrations VALUES (71, 'promgen', '0004_merge_20180905_0247', '2026-11-28 02:35:45.952694+00');
INSERT INTO public.django_migrations VALUES (72, 'promgen', '0005_project_owner', '2026-11-28 02:35:46.027685+00');
INSERT INTO public.django_migrations VALUES (73, 'promgen', '0006_exporter_options', '2026-11-28 02:35:46.038434+00');
INSERT INTO public.django_migrations VALUES (74, 'promgen', '0007_message_filter', '2026-11-28 02:35:46.104321+00');
INSERT INTO public.django_migrations VALUES (75, 'promgen', '0008_shard_service', '2026-11-28 02:35:46.287089+00');
INSERT INTO public.django_migrations VALUES (76, 'promgen', '0009_blackbox-module', '2026-11-28 02:35:46.469449+00');
INSERT INTO public.django_migrations VALUES (77, 'promgen', '0010_app_label_migration', '2026-11-28 02:35:46.556481+00');
INSERT INTO public.django_migrations VALUES (78, 'promgen', '0011_notifier_counts', '2026-11-28 02:35:46.586816+00');
INSERT INTO public.django_migrations VALUES (79, 'promgen', '0012_validation_updates', '2026-11-28 02:35:46.657938+00');
INSERT INTO public.django_migrations VALUES (80, 'promgen', '0013_validation_fix', '2026-11-28 02:35:46.73167+00');
INSERT INTO public.django_migrations VALUES (81, 'promgen', '0014_exporter_scheme', '2026-11-28 02:35:46.78785+00');
INSERT INTO public.django_migrations VALUES (82, 'promgen', '0015_internal', '2026-11-28 02:35:46.85243+00');
INSERT INTO public.django_migrations VALUES (83, 'promgen', '0016_alertlabel', '2026-11-28 02:35:46.866781+00');
INSERT INTO public.django_migrations VALUES (84, 'promgen', '0017_alter_alertlabel_field', '2026-11-28 02:35:46.879109+00');
INSERT INTO public.django_migrations VALUES (85, 'promgen', '0018_default_exporter_scheme', '2026-11-28 02:35:46.891213+00');
INSERT INTO public.django_migrations VALUES (86, 'promgen', '0019_sender_enabled', '2026-11-28 02:35:46.91902+00');
INSERT INTO public.django_migrations VALUES (87, 'promgen', '0020_fix_exporter_constraints', '2026-11-28 02:35:46.941856+00');
INSERT INTO public.django_migrations VALUES (88, 'promgen', '0021_shard_load', '2026-11-28 02:35:46.964002+00');
INSERT INTO public.django_migrations VALUES (89, 'promgen', '0022_rule_labels_annotations', '2026-11-28 02:35:47.058298+00');
INSERT INTO public.django_migrations VALUES (90, 'sessions', '0001_initial', '2026-11-28 02:35:47.072938+00');
INSERT INTO public.django_migrations VALUES (91, 'default', '0001_initial', '2026-11-28 02:35:47.166434+00');
INSERT INTO public.django_migrations VALUES (92, 'social_auth', '0001_initial', '2026-11-28 02:35:47.167658+00');
INSERT INTO public.django_migrations VALUES (93, 'default', '0002_add_related_name', '2026-11-28 02:35:47.193611+00');
INSERT INTO public.django_migrations VALUES (94, 'social_auth', '0002_add_related_name', '2026-11-28 02:35:47.195241+00');
INSERT INTO public.django_migrations VALUES (95, 'default', '0003_alter_email_max_length', '2026-11-28 02:35:47.200541+00');
INSERT INTO public.django_migrations VALUES (96, 'social_auth', '0003_alter_email_max_length', '2026-11-28 02:35:47.201472+00');
INSERT INTO public.django_migrations VALUES (97, 'default', '0004_auto_20160423_0400', '2026-11-28 02:35:47.212602+00');
INSERT INTO public.django_migrations VALUES (98, 'social_auth', '0004_auto_20160423_0400', '2026-11-28 02:35:47.213639+00');
INSERT INTO public.django_migrations VALUES (99, 'social_auth', '0005_auto_20160727_2333', '2026-11-28 02:35:47.226172+00');
INSERT INTO public.django_migrations VALUES (100, 'social_django', '0006_partial', '2026-11-28 02:35:47.235328+00');
INSERT INTO public.django_migrations VALUES (101, 'social_django', '0007_code_timestamp', '2026-11-28 02:35:47.253483+00');
INSERT INTO public.django_migrations VALUES (102, 'social_django', '0008_partial_timestamp', '2026-11-28 02:35:47.264034+00');
INSERT INTO public.django_migrations VALUES (103, 'social_django', '0009_auto_20191118_0520', '2026-11-28 02:35:47.323549+00');
INSERT INTO public.django_migrations VALUES (104, 'social_django', '0010_uid_db_index', '2026-11-28 02:35:47.359519+00');
INSERT INTO public.django_migrations VALUES (105, 'social_django', '0011_alter_id_fields', '2026-11-28 02:35:47.460127+00');
INSERT INTO public.django_migrations VALUES (106, 'social_django', '0012_usersocialauth_extra_data_new', '2026-11-28 02:35:47.587434+00');
INSERT INTO public.django_migrations VALUES (107, 'social_django', '0013_migrate_extra_data', '2026-11-28 02:35:47.622041+00');
INSERT INTO public.django_migrations VALUES (108, 'social_django', '0014_remove_usersocialauth_extra_data', '2026-11-28 02:35:47.638707+00');
INSERT INTO public.django_migrations VALUES (109, 'social_django', '0015_rename_extra_data_new_usersocialauth_extra_data', '2026-11-28 02:35:47.666493+00');
INSERT INTO public.django_migrations VALUES (110, 'social_django', '0016_alter_usersocialauth_extra_data', '2026-11-28 02:35:47.68258+00');
INSERT INTO public.django_migrations VALUES (111, 'promgen', '0001_squashed_0044_common-rules', '2026-11-28 02:35:47.685402+00');
INSERT INTO public.django_migrations VALUES (112, 'social_django', '0004_auto_20160423_0400', '2026-11-28 02:35:47.686724+00');
INSERT INTO public.django_migrations VALUES (113, 'social_django', '0003_alter_email_max_length', '2026-11-28 02:35:47.687901+00');
INSERT INTO public.django_migrations VALUES (114, 'social_django', '0005_auto_20160727_2333', '2026-11-28 02:35:47.689084+00');
INSERT INTO public.django_migrations VALUES (115, 'social_django', '0002_add_related_name', '2026-11-28 02:35:47.690268+00');
INSERT INTO public.django_migrations VALUES (116, 'social_django', '0001_initial', '2026-11-28 02:35:47.694106+00');
INSERT INTO public.promgen_defaultexporter VALUES (1, 'node', 9100, '', 'http');
INSERT INTO public.promgen_defaultexporter VALUES (2, 'blackbox', 9115, '/probe?module=http_2xx', 'https');
INSERT INTO public.promgen_defaultexporter VALUES (3, 'wrong', 70000, '', 'http');
INSERT INTO public.promgen_farm VALUES (1, 'web machines', 'promgen');
INSERT INTO public.promgen_farm VALUES (2, 'db', 'pmc');
INSERT INTO public.promgen_farm VALUES (3, '農場 <1> & ''co''', 'プラグイン');
INSERT INTO public.promgen_farm VALUES (4, 'empty', 'promgen');
INSERT INTO public.promgen_farm VALUES (5, 'nobody''s', 'promgen');
INSERT INTO public.promgen_farm VALUES (6, 'shared', 'promgen');
INSERT INTO public.promgen_farm VALUES (7, 'odd', 'promgen');
INSERT INTO public.promgen_farm VALUES (8, 'of the padded one', 'promgen');
INSERT INTO public.promgen_farm VALUES (9, 'homeless', 'promgen');
INSERT INTO public.promgen_farm VALUES (10, 'padded farm ', 'promgen');
INSERT INTO public.promgen_service VALUES (1, 'shop', 'Sells things.
See "the wiki".', 2);
INSERT INTO public.promgen_service VALUES (2, '日本語 のサービス', '', 3);
INSERT INTO public.promgen_service VALUES (3, 'no projects yet', '', NULL);
INSERT INTO public.promgen_service VALUES (4, 'shared-a', '', NULL);
INSERT INTO public.promgen_service VALUES (5, 'shared-b', '', NULL);
INSERT INTO public.promgen_service VALUES (6, 'odd things', 'left over from an import', NULL);
INSERT INTO public.promgen_shard VALUES (1, 'Default', 'http://prometheus.example.com', true, true, 5000000, 10000);
INSERT INTO public.promgen_shard VALUES (3, 'tokyo', 'https://tokyo.example.com/', true, true, 5000000, 10000);
INSERT INTO public.promgen_shard VALUES (4, 'osaka 2/b', 'https://osaka.example.com/', false, true, 750000, 1200);
INSERT INTO public.promgen_shard VALUES (5, 'the "old" one', '', false, false, 5000000, 10000);
INSERT INTO public.promgen_shard VALUES (6, 'padded ', 'https://padded.example.com/', false, true, 5000000, 10000);
INSERT INTO public.promgen_project VALUES (1, 'shop web', '', 1, 1, 3, 3);
INSERT INTO public.promgen_project VALUES (2, 'shop/db', 'MariaDB & friends', 2, 1, NULL, 4);
INSERT INTO public.promgen_project VALUES (3, 'it''s "quoted" \ `here` $HOME; --', '', 3, 2, NULL, 5);
INSERT INTO public.promgen_project VALUES (4, 'no farm yet', '', NULL, 2, NULL, 5);
INSERT INTO public.promgen_project VALUES (5, 'no hosts yet', '', 4, 2, NULL, 5);
INSERT INTO public.promgen_project VALUES (6, 'shared-a', '', 6, 4, NULL, 3);
INSERT INTO public.promgen_project VALUES (7, 'shared-b', '', 6, 5, NULL, 4);
INSERT INTO public.promgen_project VALUES (8, 'odd', '', 7, 6, NULL, 3);
INSERT INTO public.promgen_project VALUES (9, ' padded project ', '', 8, 6, NULL, 3);
INSERT INTO public.promgen_project VALUES (10, 'on a padded shard', '', 9, 6, NULL, 6);
INSERT INTO public.promgen_project VALUES (11, 'in a padded farm', '', 10, 6, NULL, 3);
INSERT INTO public.promgen_exporter VALUES (1, 'node', 9100, '', true, 1, 'http');
INSERT INTO public.promgen_exporter VALUES (2, 'nginx', 9113, '/metrics', true, 1, 'https');
INSERT INTO public.promgen_exporter VALUES (3, 'blackbox', 9115, '/probe?module=icmp&target=192.0.2.1%3A80', true, 1, 'http');
INSERT INTO public.promgen_exporter VALUES (4, 'jmx', 9404, '', false, 1, 'http');
INSERT INTO public.promgen_exporter VALUES (5, 'node', 9100, '', true, 2, 'http');
INSERT INTO public.promgen_exporter VALUES (6, 'mysqld', 9104, '/metrics?name=a+b&empty_is_not=0', true, 2, 'http');
INSERT INTO public.promgen_exporter VALUES (7, 'mysqld', 9104, '/slow', true, 2, 'http');
INSERT INTO public.promgen_exporter VALUES (9, 'ノード', 9256, '/監視', true, 2, 'http');
INSERT INTO public.promgen_exporter VALUES (10, 'node "exporter"/1, ''two''', 65535, '/a path/with=equals,and;more', true, 3, 'http');
INSERT INTO public.promgen_exporter VALUES (11, 'node', 9100, '', true, 4, 'http');
INSERT INTO public.promgen_exporter VALUES (12, 'node', 9100, '', true, 5, 'http');
INSERT INTO public.promgen_exporter VALUES (13, 'node', 9100, '', true, 6, 'http');
INSERT INTO public.promgen_exporter VALUES (14, 'node', 9100, '', true, 7, 'http');
INSERT INTO public.promgen_exporter VALUES (15, 'node', 9100, '', true, 8, 'http');
INSERT INTO public.promgen_exporter VALUES (16, 'port zero', 0, '', true, 8, 'http');
INSERT INTO public.promgen_exporter VALUES (17, 'port too high', 65536, '', true, 8, 'http');
INSERT INTO public.promgen_exporter VALUES (18, 'relative', 9101, 'metrics', true, 8, 'http');
INSERT INTO public.promgen_exporter VALUES (19, 'collect', 9102, '/metrics?collect[]=cpu&collect[]=mem', true, 8, 'http');
INSERT INTO public.promgen_exporter VALUES (20, 'percent', 9103, '/a%20b', true, 8, 'http');
INSERT INTO public.promgen_exporter VALUES (21, 'no value', 9105, '/metrics?debug', true, 8, 'http');
INSERT INTO public.promgen_exporter VALUES (22, 'twice', 9106, '/metrics?name=a&name=b', true, 8, 'http');
INSERT INTO public.promgen_exporter VALUES (23, ' padded', 9107, '', true, 8, 'http');
INSERT INTO public.promgen_exporter VALUES (24, 'ftp', 9108, '', true, 8, 'ftp');
INSERT INTO public.promgen_exporter VALUES (25, 'off and wrong', -1, '', false, 8, 'http');
INSERT INTO public.promgen_exporter VALUES (26, 'node', 9100, '', true, 9, 'http');
INSERT INTO public.promgen_exporter VALUES (27, 'node', 9100, '', true, 10, 'http');
INSERT INTO public.promgen_exporter VALUES (28, 'node', 9100, '', true, 11, 'http');
INSERT INTO public.promgen_host VALUES (1, 'web1.example.com', 1);
INSERT INTO public.promgen_host VALUES (2, 'web2.example.com', 1);
INSERT INTO public.promgen_host VALUES (3, '192.0.2.7', 1);
INSERT INTO public.promgen_host VALUES (4, '2001:db8::1', 2);
INSERT INTO public.promgen_host VALUES (5, '2001:DB8:0:0::2', 2);
INSERT INTO public.promgen_host VALUES (6, 'db-3_a.example.com', 2);
INSERT INTO public.promgen_host VALUES (7, 'ahost', 3);
INSERT INTO public.promgen_host VALUES (8, 'xn--wgv71a119e.example', 3);
INSERT INTO public.promgen_host VALUES (9, 'host.with.dot.', 3);
INSERT INTO public.promgen_host VALUES (10, 's1', 6);
INSERT INTO public.promgen_host VALUES (11, 's2', 6);
INSERT INTO public.promgen_host VALUES (12, 'good.example.com', 7);
INSERT INTO public.promgen_host VALUES (13, 'port.example.com:9100', 7);
INSERT INTO public.promgen_host VALUES (14, 'space in.example.com', 7);
INSERT INTO public.promgen_host VALUES (15, 'http://url.example.com/', 7);
INSERT INTO public.promgen_host VALUES (16, '2001:db8::5', 7);
INSERT INTO public.promgen_host VALUES (17, '2001:DB8:0::5', 7);
INSERT INTO public.promgen_host VALUES (18, '[2001:db8::6]', 7);
INSERT INTO public.promgen_host VALUES (19, '256.1.1.1', 7);
INSERT INTO public.promgen_host VALUES (20, '日本.example.com', 7);
INSERT INTO public.promgen_host VALUES (21, 'fe80::1%eth0', 7);
INSERT INTO public.promgen_host VALUES (22, '-dash.example.com', 7);
INSERT INTO public.promgen_host VALUES (23, 'two..dots', 7);
INSERT INTO public.promgen_host VALUES (24, '', 7);
INSERT INTO public.promgen_host VALUES (25, 'padded.example.com', 8);
INSERT INTO public.promgen_host VALUES (26, 'homeless.example.com', 9);
INSERT INTO public.promgen_host VALUES (27, 'farmless.example.com', 10);
INSERT INTO public.promgen_probe VALUES (1, 'http_2xx', 'Default http check');
INSERT INTO public.promgen_probe VALUES (11, 'http post/日本', '');
INSERT INTO public.promgen_probe VALUES (12, 'padded ', '');
INSERT INTO public.promgen_prometheus VALUES (1, 'prometheus001', 9090, 3);
INSERT INTO public.promgen_prometheus VALUES (2, '2001:DB8::9', 9090, 3);
INSERT INTO public.promgen_prometheus VALUES (3, 'prometheus002.example.com', 19090, 4);
INSERT INTO public.promgen_prometheus VALUES (4, 'http://prometheus003', 9090, 4);
INSERT INTO public.promgen_prometheus VALUES (5, 'prometheus004', 0, 4);
INSERT INTO public.promgen_url VALUES (1, 'https://shop.example.com/', 1, 1);
INSERT INTO public.promgen_url VALUES (2, 'https://shop.example.com/?q=a%20b&c=d#top', 1, 1);
INSERT INTO public.promgen_url VALUES (3, 'https://shop.example.com/', 1, 11);
INSERT INTO public.promgen_url VALUES (4, 'http://[2001:db8::1]:8080/health', 2, 1);
INSERT INTO public.promgen_url VALUES (5, 'https://twice.example.com/', 8, 1);
INSERT INTO public.promgen_url VALUES (6, 'https://twice.example.com/', 8, 1);
INSERT INTO public.promgen_url VALUES (7, 'ftp://files.example.com/', 8, 1);
INSERT INTO public.promgen_url VALUES (8, 'https://space.example.com/a b', 8, 1);
INSERT INTO public.promgen_url VALUES (9, 'https://padded.example.com/', 8, 12);
SELECT pg_catalog.setval('public.auth_user_id_seq', 3, true);
SELECT pg_catalog.setval('public.django_migrations_id_seq', 116, true);
SELECT pg_catalog.setval('public.promgen_defaultexporter_id_seq', 3, true);
SELECT pg_catalog.setval('public.promgen_exporter_id_seq', 28, true);
SELECT pg_catalog.setval('public.promgen_farm_id_seq', 10, true);
SELECT pg_catalog.setval('public.promgen_host_id_seq', 27, true);
SELECT pg_catalog.setval('public.promgen_probe_id_seq', 1, false);
SELECT pg_catalog.setval('public.promgen_project_id_seq', 11, true);
SELECT pg_catalog.setval('public.promgen_prometheus_id_seq', 5, true);
SELECT pg_catalog.setval('public.promgen_service_id_seq', 6, true);
SELECT pg_catalog.setval('public.promgen_shard_id_seq', 6, true);
SELECT pg_catalog.setval('public.promgen_url_id_seq', 9, true);
ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_name_key UNIQUE (name);
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_permission_id_0cd325b0_uniq UNIQUE (group_id, permission_id);
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_codename_01ab375a_uniq UNIQUE (content_type_id, codename);
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_user_groups
    ADD CONSTRAINT auth_user_groups_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_user_groups
    ADD CONSTRAINT auth_user_groups_user_id_group_id_94350c0c_uniq UNIQUE (user_id, group_id);
ALTER TABLE ONLY public.auth_user
    ADD CONSTRAINT auth_user_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_user_user_permissions
    ADD CONSTRAINT auth_user_user_permissions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_user_user_permissions
    ADD CONSTRAINT auth_user_user_permissions_user_id_permission_id_14a6b632_uniq UNIQUE (user_id, permission_id);
ALTER TABLE ONLY public.auth_user
    ADD CONSTRAINT auth_user_username_key UNIQUE (username);
ALTER TABLE ONLY public.authtoken_token
    ADD CONSTRAINT authtoken_token_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.authtoken_token
    ADD CONSTRAINT authtoken_token_user_id_key UNIQUE (user_id);
ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_app_label_model_76bd3d3b_uniq UNIQUE (app_label, model);
ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_migrations
    ADD CONSTRAINT django_migrations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_session
    ADD CONSTRAINT django_session_pkey PRIMARY KEY (session_key);
ALTER TABLE ONLY public.django_site
    ADD CONSTRAINT django_site_domain_a2e37b91_uniq UNIQUE (domain);
ALTER TABLE ONLY public.django_site
    ADD CONSTRAINT django_site_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.promgen_alert
    ADD CONSTRAINT promgen_alert_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.promgen_alerterror
    ADD CONSTRAINT promgen_alerterror_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.promgen_alertlabel
    ADD CONSTRAINT promgen_alertlabel_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.promgen_audit
    ADD CONSTRAINT promgen_audit_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.promgen_defaultexporter
    ADD CONSTRAINT promgen_defaultexporter_job_port_path_5891f5b3_uniq UNIQUE (job, port, path);
ALTER TABLE ONLY public.promgen_defaultexporter
    ADD CONSTRAINT promgen_defaultexporter_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.promgen_exporter
    ADD CONSTRAINT promgen_exporter_job_port_path_scheme_project_id_d8b1a785_uniq UNIQUE (job, port, path, scheme, project_id);
ALTER TABLE ONLY public.promgen_exporter
    ADD CONSTRAINT promgen_exporter_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.promgen_farm
    ADD CONSTRAINT promgen_farm_name_source_34ab1708_uniq UNIQUE (name, source);
ALTER TABLE ONLY public.promgen_farm
    ADD CONSTRAINT promgen_farm_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.promgen_filter
    ADD CONSTRAINT promgen_filter_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.promgen_filter
    ADD CONSTRAINT promgen_filter_sender_id_name_value_dc669ab0_uniq UNIQUE (sender_id, name, value);
ALTER TABLE ONLY public.promgen_host
    ADD CONSTRAINT promgen_host_name_farm_id_66d67382_uniq UNIQUE (name, farm_id);
ALTER TABLE ONLY public.promgen_host
    ADD CONSTRAINT promgen_host_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.promgen_probe
    ADD CONSTRAINT promgen_probe_module_key UNIQUE (module);
ALTER TABLE ONLY public.promgen_probe
    ADD CONSTRAINT promgen_probe_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.promgen_project
    ADD CONSTRAINT promgen_project_name_key UNIQUE (name);
ALTER TABLE ONLY public.promgen_project
    ADD CONSTRAINT promgen_project_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.promgen_prometheus
    ADD CONSTRAINT promgen_prometheus_host_port_5c3a26fa_uniq UNIQUE (host, port);
ALTER TABLE ONLY public.promgen_prometheus
    ADD CONSTRAINT promgen_prometheus_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.promgen_rule
    ADD CONSTRAINT promgen_rule_name_key UNIQUE (name);
ALTER TABLE ONLY public.promgen_rule
    ADD CONSTRAINT promgen_rule_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.promgen_sender
    ADD CONSTRAINT promgen_sender_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.promgen_service
    ADD CONSTRAINT promgen_service_name_key UNIQUE (name);
ALTER TABLE ONLY public.promgen_service
    ADD CONSTRAINT promgen_service_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.promgen_shard
    ADD CONSTRAINT promgen_shard_name_key UNIQUE (name);
ALTER TABLE ONLY public.promgen_shard
    ADD CONSTRAINT promgen_shard_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.promgen_url
    ADD CONSTRAINT promgen_url_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.social_auth_association
    ADD CONSTRAINT social_auth_association_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.social_auth_association
    ADD CONSTRAINT social_auth_association_server_url_handle_078befa2_uniq UNIQUE (server_url, handle);
ALTER TABLE ONLY public.social_auth_code
    ADD CONSTRAINT social_auth_code_email_code_801b2d02_uniq UNIQUE (email, code);
ALTER TABLE ONLY public.social_auth_code
    ADD CONSTRAINT social_auth_code_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.social_auth_nonce
    ADD CONSTRAINT social_auth_nonce_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.social_auth_nonce
    ADD CONSTRAINT social_auth_nonce_server_url_timestamp_salt_f6284463_uniq UNIQUE (server_url, "timestamp", salt);
ALTER TABLE ONLY public.social_auth_partial
    ADD CONSTRAINT social_auth_partial_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.social_auth_usersocialauth
    ADD CONSTRAINT social_auth_usersocialauth_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.social_auth_usersocialauth
    ADD CONSTRAINT social_auth_usersocialauth_provider_uid_e6b5e668_uniq UNIQUE (provider, uid);
CREATE INDEX auth_group_name_a6ea08ec_like ON public.auth_group USING btree (name varchar_pattern_ops);
CREATE INDEX auth_group_permissions_group_id_b120cbf9 ON public.auth_group_permissions USING btree (group_id);
CREATE INDEX auth_group_permissions_permission_id_84c5c92e ON public.auth_group_permissions USING btree (permission_id);
CREATE INDEX auth_permission_content_type_id_2f476e4b ON public.auth_permission USING btree (content_type_id);
CREATE INDEX auth_user_groups_group_id_97559544 ON public.auth_user_groups USING btree (group_id);
CREATE INDEX auth_user_groups_user_id_6a12ed8b ON public.auth_user_groups USING btree (user_id);
CREATE INDEX auth_user_user_permissions_permission_id_1fbb5f2c ON public.auth_user_user_permissions USING btree (permission_id);
CREATE INDEX auth_user_user_permissions_user_id_a95ead1b ON public.auth_user_user_permissions USING btree (user_id);
CREATE INDEX auth_user_username_6821ab7c_like ON public.auth_user USING btree (username varchar_pattern_ops);
CREATE INDEX authtoken_token_key_10f0b77e_like ON public.authtoken_token USING btree (key varchar_pattern_ops);
CREATE INDEX django_admin_log_content_type_id_c4bce8eb ON public.django_admin_log USING btree (content_type_id);
CREATE INDEX django_admin_log_user_id_c564eba6 ON public.django_admin_log USING btree (user_id);
CREATE INDEX django_session_expire_date_a5c62663 ON public.django_session USING btree (expire_date);
CREATE INDEX django_session_session_key_c0390e0f_like ON public.django_session USING btree (session_key varchar_pattern_ops);
CREATE INDEX django_site_domain_a2e37b91_like ON public.django_site USING btree (domain varchar_pattern_ops);
CREATE INDEX promgen_alerterror_alert_id_c77eb6a3 ON public.promgen_alerterror USING btree (alert_id);
CREATE INDEX promgen_alertlabel_alert_id_48afa6d7 ON public.promgen_alertlabel USING btree (alert_id);
CREATE INDEX promgen_audit_content_type_id_f72fb3d7 ON public.promgen_audit USING btree (content_type_id);
CREATE INDEX promgen_audit_user_id_09cf82ca ON public.promgen_audit USING btree (user_id);
CREATE INDEX promgen_exporter_project_id_8dc572e8 ON public.promgen_exporter USING btree (project_id);
CREATE INDEX promgen_filter_sender_id_ba2df5db ON public.promgen_filter USING btree (sender_id);
CREATE INDEX promgen_host_farm_id_cbf92b07 ON public.promgen_host USING btree (farm_id);
CREATE INDEX promgen_probe_module_4b4186b3_like ON public.promgen_probe USING btree (module varchar_pattern_ops);
CREATE INDEX promgen_project_farm_id_5b20fb01 ON public.promgen_project USING btree (farm_id);
CREATE INDEX promgen_project_name_78af84df_like ON public.promgen_project USING btree (name varchar_pattern_ops);
CREATE INDEX promgen_project_owner_id_c05261a8 ON public.promgen_project USING btree (owner_id);
CREATE INDEX promgen_project_service_id_0f297e5f ON public.promgen_project USING btree (service_id);
CREATE INDEX promgen_project_shard_id_0beef3af ON public.promgen_project USING btree (shard_id);
CREATE INDEX promgen_prometheus_shard_id_58c40229 ON public.promgen_prometheus USING btree (shard_id);
CREATE INDEX promgen_rule_content_type_id_6dadeb59 ON public.promgen_rule USING btree (content_type_id);
CREATE INDEX promgen_rule_name_5a053897_like ON public.promgen_rule USING btree (name varchar_pattern_ops);
CREATE INDEX promgen_rule_parent_id_ceab662a ON public.promgen_rule USING btree (parent_id);
CREATE INDEX promgen_sender_content_type_id_51f4131a ON public.promgen_sender USING btree (content_type_id);
CREATE INDEX promgen_sender_owner_id_bbdf0f72 ON public.promgen_sender USING btree (owner_id);
CREATE INDEX promgen_service_name_32e8c720_like ON public.promgen_service USING btree (name varchar_pattern_ops);
CREATE INDEX promgen_service_owner_id_38407794 ON public.promgen_service USING btree (owner_id);
CREATE INDEX promgen_shard_name_8a52795d_like ON public.promgen_shard USING btree (name varchar_pattern_ops);
CREATE INDEX promgen_url_probe_id_5dd0c2ca ON public.promgen_url USING btree (probe_id);
CREATE INDEX promgen_url_project_id_4ccc8653 ON public.promgen_url USING btree (project_id);
CREATE INDEX social_auth_code_code_a2393167 ON public.social_auth_code USING btree (code);
CREATE INDEX social_auth_code_code_a2393167_like ON public.social_auth_code USING btree (code varchar_pattern_ops);
CREATE INDEX social_auth_code_timestamp_176b341f ON public.social_auth_code USING btree ("timestamp");
CREATE INDEX social_auth_partial_timestamp_50f2119f ON public.social_auth_partial USING btree ("timestamp");
CREATE INDEX social_auth_partial_token_3017fea3 ON public.social_auth_partial USING btree (token);
CREATE INDEX social_auth_partial_token_3017fea3_like ON public.social_auth_partial USING btree (token varchar_pattern_ops);
CREATE INDEX social_auth_usersocialauth_uid_796e51dc ON public.social_auth_usersocialauth USING btree (uid);
CREATE INDEX social_auth_usersocialauth_uid_796e51dc_like ON public.social_auth_usersocialauth USING btree (uid varchar_pattern_ops);
CREATE INDEX social_auth_usersocialauth_user_id_17d28448 ON public.social_auth_usersocialauth USING btree (user_id);
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissio_permission_id_84c5c92e_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_b120cbf9_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_2f476e4b_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_user_groups
    ADD CONSTRAINT auth_user_groups_group_id_97559544_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_user_groups
    ADD CONSTRAINT auth_user_groups_user_id_6a12ed8b_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_user_user_permissions
    ADD CONSTRAINT auth_user_user_permi_permission_id_1fbb5f2c_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_user_user_permissions
    ADD CONSTRAINT auth_user_user_permissions_user_id_a95ead1b_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.authtoken_token
    ADD CONSTRAINT authtoken_token_user_id_35299eff_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_content_type_id_c4bce8eb_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_user_id_c564eba6_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.promgen_alerterror
    ADD CONSTRAINT promgen_alerterror_alert_id_c77eb6a3_fk_promgen_alert_id FOREIGN KEY (alert_id) REFERENCES public.promgen_alert(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.promgen_alertlabel
    ADD CONSTRAINT promgen_alertlabel_alert_id_48afa6d7_fk_promgen_alert_id FOREIGN KEY (alert_id) REFERENCES public.promgen_alert(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.promgen_audit
    ADD CONSTRAINT promgen_audit_content_type_id_f72fb3d7_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.promgen_audit
    ADD CONSTRAINT promgen_audit_user_id_09cf82ca_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.promgen_exporter
    ADD CONSTRAINT promgen_exporter_project_id_8dc572e8_fk_promgen_project_id FOREIGN KEY (project_id) REFERENCES public.promgen_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.promgen_filter
    ADD CONSTRAINT promgen_filter_sender_id_ba2df5db_fk_promgen_sender_id FOREIGN KEY (sender_id) REFERENCES public.promgen_sender(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.promgen_host
    ADD CONSTRAINT promgen_host_farm_id_cbf92b07_fk_promgen_farm_id FOREIGN KEY (farm_id) REFERENCES public.promgen_farm(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.promgen_project
    ADD CONSTRAINT promgen_project_farm_id_5b20fb01_fk_promgen_farm_id FOREIGN KEY (farm_id) REFERENCES public.promgen_farm(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.promgen_project
    ADD CONSTRAINT promgen_project_owner_id_c05261a8_fk_auth_user_id FOREIGN KEY (owner_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.promgen_project
    ADD CONSTRAINT promgen_project_service_id_0f297e5f_fk_promgen_service_id FOREIGN KEY (service_id) REFERENCES public.promgen_service(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.promgen_project
    ADD CONSTRAINT promgen_project_shard_id_0beef3af_fk_promgen_shard_id FOREIGN KEY (shard_id) REFERENCES public.promgen_shard(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.promgen_prometheus
    ADD CONSTRAINT promgen_prometheus_shard_id_58c40229_fk_promgen_shard_id FOREIGN KEY (shard_id) REFERENCES public.promgen_shard(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.promgen_rule
    ADD CONSTRAINT promgen_rule_content_type_id_6dadeb59_fk_django_content_type_id FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.promgen_rule
    ADD CONSTRAINT promgen_rule_parent_id_ceab662a_fk_promgen_rule_id FOREIGN KEY (parent_id) REFERENCES public.promgen_rule(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.promgen_sender
    ADD CONSTRAINT promgen_sender_content_type_id_51f4131a_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.promgen_sender
    ADD CONSTRAINT promgen_sender_owner_id_bbdf0f72_fk_auth_user_id FOREIGN KEY (owner_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.promgen_service
    ADD CONSTRAINT promgen_service_owner_id_38407794_fk_auth_user_id FOREIGN KEY (owner_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.promgen_url
    ADD CONSTRAINT promgen_url_probe_id_5dd0c2ca_fk_promgen_probe_id FOREIGN KEY (probe_id) REFERENCES public.promgen_probe(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.promgen_url
    ADD CONSTRAINT promgen_url_project_id_4ccc8653_fk_promgen_project_id FOREIGN KEY (project_id) REFERENCES public.promgen_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.social_auth_usersocialauth
    ADD CONSTRAINT social_auth_usersocialauth_user_id_17d28448_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;
