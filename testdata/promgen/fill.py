"""Fills an empty database with a small fleet, by Promgen's own models, and writes Promgen's own exports of it.

    DATABASE_URL=… python fill.py [FOLDER]

runs Promgen's migrations, fills the tables, and writes targets.json and urls.json into FOLDER, if one is given. The rows go in as
they are, past the checks of Promgen's forms: what old versions, imports and plugins have left behind is what a move has to cope with.
With FLEET=projects,hosts it fills in a plain fleet of that size instead, for measurements.
"""

import os
import pathlib
import sys

os.environ.setdefault("SECRET_KEY", "not a secret: nobody signs in")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "promgen.settings")
os.environ.setdefault("PROMGEN_CONFIG", "/nonexistent/promgen.yml")

if os.environ["DATABASE_URL"].startswith("mysql"):
    import pymysql

    pymysql.version_info = (1, 4, 6, "final", 0)  # the oldest mysqlclient that Django 3.2 takes
    pymysql.install_as_MySQLdb()

import django  # noqa: E402

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402

from promgen import models, prometheus  # noqa: E402


def add(model, **fields):
    """Creates one row without Promgen's signals, which would write files and audit entries."""
    model.objects.bulk_create([model(**fields)])
    return model.objects.latest("id")


def people():
    alice = add(User, username="alice", email="alice@example.com", password="!")
    taro = add(User, username="山田太郎", password="!")
    return alice, taro


def shards():
    add(models.Shard, name="gone", url="http://gone.example.com").delete()  # ids need not begin with 1
    tokyo = add(models.Shard, name="tokyo", url="https://tokyo.example.com/", proxy=True)
    osaka = add(models.Shard, name="osaka 2/b", url="https://osaka.example.com/", samples=750000, targets=1200)
    old = add(models.Shard, name='the "old" one', url="", enabled=False)
    spaced = add(models.Shard, name="padded ", url="https://padded.example.com/")
    return tokyo, osaka, old, spaced


def servers(tokyo, osaka):
    add(models.Prometheus, shard=tokyo, host="prometheus001", port=9090)
    add(models.Prometheus, shard=tokyo, host="2001:DB8::9", port=9090)
    add(models.Prometheus, shard=osaka, host="prometheus002.example.com", port=19090)
    add(models.Prometheus, shard=osaka, host="http://prometheus003", port=9090)
    add(models.Prometheus, shard=osaka, host="prometheus004", port=0)


def farm(name, source, *hosts):
    f = add(models.Farm, name=name, source=source)
    for host in hosts:
        add(models.Host, farm=f, name=host)
    return f


def exporter(project, job, port, path="", scheme="http", enabled=True):
    return add(models.Exporter, project=project, job=job, port=port, path=path, scheme=scheme, enabled=enabled)


def shop(tokyo, osaka, alice, taro):
    """One service with two projects on two shards, and everything in order."""
    service = add(models.Service, name="shop", description="Sells things.\nSee \"the wiki\".", owner=alice)
    web = add(models.Project, service=service, shard=tokyo, name="shop web", description="", owner=taro,
              farm=farm("web machines", "promgen", "web1.example.com", "web2.example.com", "192.0.2.7"))
    db = add(models.Project, service=service, shard=osaka, name="shop/db", description="MariaDB & friends",
             farm=farm("db", "pmc", "2001:db8::1", "2001:DB8:0:0::2", "db-3_a.example.com"))
    exporter(web, "node", 9100)
    exporter(web, "nginx", 9113, path="/metrics", scheme="https")
    exporter(web, "blackbox", 9115, path="/probe?module=icmp&target=192.0.2.1%3A80")
    exporter(web, "jmx", 9404, enabled=False)
    exporter(db, "node", 9100)
    exporter(db, "mysqld", 9104, path="/metrics?name=a+b&empty_is_not=0")
    exporter(db, "mysqld", 9104, path="/slow")
    add(models.Exporter, project=db, job="gone", port=1).delete()
    exporter(db, "ノード", 9256, path="/監視")
    return web, db


def quoted(old, taro):
    """Names that need care in SQL, JSON, YAML and a shell."""
    service = add(models.Service, name="日本語 のサービス", owner=taro)
    project = add(models.Project, service=service, shard=old, name='it\'s "quoted" \\ `here` $HOME; --',
                  farm=farm("農場 <1> & 'co'", "プラグイン", "ahost", "xn--wgv71a119e.example", "host.with.dot."))
    exporter(project, "node \"exporter\"/1, 'two'", 65535, path="/a path/with=equals,and;more")
    bare = add(models.Project, service=service, shard=old, name="no farm yet")
    exporter(bare, "node", 9100)
    empty = add(models.Project, service=service, shard=old, name="no hosts yet", farm=farm("empty", "promgen"))
    exporter(empty, "node", 9100)
    add(models.Service, name="no projects yet")
    add(models.Farm, name="nobody's", source="promgen")
    return project


def shared(tokyo, osaka):
    """A farm that two projects of two services share."""
    f = farm("shared", "promgen", "s1", "s2")
    for name, shard in (("shared-a", tokyo), ("shared-b", osaka)):
        service = add(models.Service, name=name)
        project = add(models.Project, service=service, shard=shard, name=name, farm=f)
        exporter(project, "node", 9100)


def refused(tokyo, spaced):
    """What promshard refuses, beside what it takes."""
    service = add(models.Service, name="odd things", description="left over from an import")
    project = add(models.Project, service=service, shard=tokyo, name="odd",
                  farm=farm("odd", "promgen", "good.example.com", "port.example.com:9100", "space in.example.com",
                            "http://url.example.com/", "2001:db8::5", "2001:DB8:0::5", "[2001:db8::6]", "256.1.1.1",
                            "日本.example.com", "fe80::1%eth0", "-dash.example.com", "two..dots", ""))
    exporter(project, "node", 9100)
    exporter(project, "port zero", 0)
    exporter(project, "port too high", 65536)
    exporter(project, "relative", 9101, path="metrics")
    exporter(project, "collect", 9102, path="/metrics?collect[]=cpu&collect[]=mem")
    exporter(project, "percent", 9103, path="/a%20b")
    exporter(project, "no value", 9105, path="/metrics?debug")
    exporter(project, "twice", 9106, path="/metrics?name=a&name=b")
    exporter(project, " padded", 9107)
    exporter(project, "ftp", 9108, scheme="ftp")
    exporter(project, "off and wrong", -1, enabled=False)
    padded = add(models.Project, service=service, shard=tokyo, name=" padded project ",
                 farm=farm("of the padded one", "promgen", "padded.example.com"))
    exporter(padded, "node", 9100)
    homeless = add(models.Project, service=service, shard=spaced, name="on a padded shard",
                   farm=farm("homeless", "promgen", "homeless.example.com"))
    exporter(homeless, "node", 9100)
    farmless = add(models.Project, service=service, shard=tokyo, name="in a padded farm",
                   farm=farm("padded farm ", "promgen", "farmless.example.com"))
    exporter(farmless, "node", 9100)
    return project


def defaults():
    add(models.DefaultExporter, job="node", port=9100)
    add(models.DefaultExporter, job="blackbox", port=9115, path="/probe?module=http_2xx", scheme="https")
    add(models.DefaultExporter, job="wrong", port=70000)


def urls(web, db, odd):
    # Promgen's migrations make this one, with an id that the sequence of PostgreSQL does not learn of.
    http = models.Probe.objects.get(module="http_2xx")
    post = add(models.Probe, id=11, module="http post/日本", description="")
    padded = add(models.Probe, id=12, module="padded ", description="")
    for project, probe, url in (
        (web, http, "https://shop.example.com/"),
        (web, http, "https://shop.example.com/?q=a%20b&c=d#top"),
        (web, post, "https://shop.example.com/"),
        (db, http, "http://[2001:db8::1]:8080/health"),
        (odd, http, "https://twice.example.com/"),
        (odd, http, "https://twice.example.com/"),
        (odd, http, "ftp://files.example.com/"),
        (odd, http, "https://space.example.com/a b"),
        (odd, padded, "https://padded.example.com/"),
    ):
        add(models.URL, project=project, probe=probe, url=url)


def fill():
    alice, taro = people()
    tokyo, osaka, old, spaced = shards()
    servers(tokyo, osaka)
    web, db = shop(tokyo, osaka, alice, taro)
    quoted(old, taro)
    shared(tokyo, osaka)
    odd = refused(tokyo, spaced)
    defaults()
    urls(web, db, odd)


def fill_fleet(projects, hosts):
    """A plain fleet: ten projects to a service, eight shards, two exporters to a project."""
    shards = [add(models.Shard, name=f"shard{i}", url=f"http://shard{i}.example.com") for i in range(8)]
    for i in range(projects):
        if i % 10 == 0:
            service = add(models.Service, name=f"service{i // 10}")
        f = add(models.Farm, name=f"farm{i}", source="promgen")
        models.Host.objects.bulk_create(
            [models.Host(farm=f, name=f"host{n}.example.com") for n in range(hosts * i // projects, hosts * (i + 1) // projects)])
        project = add(models.Project, service=service, shard=shards[i % 8], name=f"project{i}", farm=f)
        exporter(project, "node", 9100)
        exporter(project, "jmx", 9404, path="/metrics")


def main():
    call_command("migrate", verbosity=0)
    User.objects.update(password="!")  # nobody signs in, and no dump holds a hash
    with transaction.atomic():
        if "FLEET" in os.environ:
            fill_fleet(*map(int, os.environ["FLEET"].split(",")))
        else:
            fill()
    if len(sys.argv) > 1:
        folder = pathlib.Path(sys.argv[1])
        (folder / "targets.json").write_text(prometheus.render_config() + "\n", encoding="utf8")
        (folder / "urls.json").write_text(prometheus.render_urls() + "\n", encoding="utf8")


if __name__ == "__main__":
    main()
