//! Each of the two locks without the other: the database's own with the program's taken away, and the program's with the
//! database's taken away. SQLite has the program's alone, with which the property runs there; and on both databases, what
//! was published or audited stays as it was written.

use std::time::Duration;

use anyhow::{Context, Result};
use shirube_access::{
    Permit, Scope,
    table::{
        Action, ManageDepartments, ManageMunicipalKeys, ManagePeople, ReadAudit, ReadDepartments, ReadDraft, ReadPeople,
    },
};
use shirube_domain::{ApiKeyId, DepartmentId, InvitationId, MembershipId, StrategyId, municipality::MunicipalityCode};
use shirube_store::{AuditFilter, DepartmentChange, MemberChange, SecondLock, Store, StoreOptions, Tenant};
use shirube_testing::{Backend, Sql, TestDatabase, TestService, both_backends};
use uuid::Uuid;

use super::{
    catalog::{APPEND_ONLY, OPEN, tenant_tables},
    property::{run, service_over},
    shape::Shape,
    world::{World, now},
};

both_backends!(what_is_written_once_stays, the_store_tells_whether_there_is_a_second_lock);

/// Whose rows are looked for, and for whom the transaction is opened.
const THEIRS: &str = "012262";
const MINE: &str = "325252";

/// How many random requests each lock has to stand by itself.
const CASES: usize = 800;

/// A database full of everything.
async fn world() -> Result<World> {
    World::new(TestService::sample(Backend::Postgres).await?).await
}

/// The tables of municipalities.
async fn tables(world: &World) -> Result<Vec<String>> {
    let shape = Shape::read(Backend::Postgres, &world.sql).await?;
    Ok(tenant_tables(&shape).into_iter().map(str::to_owned).collect())
}

/// A session of the service's role that works for a municipality, without anything of this program around it.
async fn session(world: &World, municipality: &str) -> Result<Sql> {
    let sql = Sql::connect(world.service.database.url()).await?;
    sql.run(&format!("SELECT set_config('shirube.municipality', '{municipality}', false)")).await?;
    Ok(sql)
}

async fn count(sql: &Sql, of: &str) -> Result<String> {
    let found = sql.texts(&format!("SELECT count(*)::text FROM {of}")).await?;
    found.into_iter().next().context("a count")
}

fn permit<A: Action<Target = MunicipalityCode>>(code: &str) -> Result<Permit<A>> {
    Ok(Scope::machine().permit::<A>(code.parse()?)?)
}

/// What has nothing to compare on SQLite.
mod postgres_only {
    use super::*;

    async fn tenant<A: Action<Target = MunicipalityCode>>(store: &Store) -> Result<Tenant<A>> {
        Ok(store.tenant(permit(MINE)?, now()).await?)
    }

    /// The id of a row of the others.
    async fn theirs(world: &World, table: &str) -> Result<Uuid> {
        let found = world.sql.texts(&format!("SELECT id::text FROM {table} WHERE municipality = '{THEIRS}'")).await?;
        Ok(found.first().context("a row of theirs")?.parse()?)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn row_security_alone_keeps_municipalities_apart() -> Result<()> {
        let world = world().await?;
        let store = world.service.database.store().await?.without_narrowing();
        let own = async |table: &str| count(&world.sql, &format!("{table} WHERE municipality = '{MINE}'")).await;
        let told = |length: usize| length.to_string();

        let drafts = tenant::<ReadDraft>(&store).await?;
        assert_eq!(told(drafts.drafts().await?.len()), own("strategy").await?);
        assert!(drafts.draft(StrategyId::from_uuid(theirs(&world, "strategy").await?)).await?.is_none());
        let departments = tenant::<ReadDepartments>(&store).await?.departments().await?;
        assert_eq!(told(departments.len()), own("department").await?);
        let people = tenant::<ReadPeople>(&store).await?;
        assert_eq!(told(people.members().await?.len()), own("membership").await?);
        assert_eq!(told(people.invitations().await?.len()), own("invitation").await?);
        let keys = tenant::<ManageMunicipalKeys>(&store).await?.keys().await?;
        assert_eq!(told(keys.len()), own("municipal_key").await?);
        let filter = AuditFilter { limit: 10_000, ..AuditFilter::default() };
        let entries = tenant::<ReadAudit>(&store).await?.entries(&filter).await?;
        assert_eq!(told(entries.len()), own("audit").await?);
        drop((drafts, people));

        let department = DepartmentId::from_uuid(theirs(&world, "department").await?);
        let renamed = tenant::<ManageDepartments>(&store).await?.rename(department, "他".to_owned()).await?;
        assert_eq!(renamed, DepartmentChange::NotFound);
        assert_eq!(tenant::<ManageDepartments>(&store).await?.remove(department).await?, DepartmentChange::NotFound);
        let membership = MembershipId::from_uuid(theirs(&world, "membership").await?);
        assert_eq!(tenant::<ManagePeople>(&store).await?.revoke(membership, None).await?, MemberChange::NotFound);
        let invitation = InvitationId::from_uuid(theirs(&world, "invitation").await?);
        assert!(tenant::<ManagePeople>(&store).await?.cancel_invitation(invitation).await?.is_none());
        let key = ApiKeyId::from_uuid(theirs(&world, "municipal_key").await?);
        assert!(tenant::<ManageMunicipalKeys>(&store).await?.revoke_key(key).await?.is_none());
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_property_holds_by_row_security_alone() -> Result<()> {
        let database = TestDatabase::sample(Backend::Postgres).await?;
        let store = database.store().await?.without_narrowing();
        let mut world = World::new(service_over(database, store).await?).await?;
        run(&mut world, CASES).await.map(|_| ())
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_property_holds_by_the_program_alone() -> Result<()> {
        let database = TestDatabase::sample(Backend::Postgres).await?;
        let owner = Sql::connect(database.owner_url()).await?;
        let shape = Shape::read(Backend::Postgres, &owner).await?;
        for table in tenant_tables(&shape) {
            let off = format!(
                "ALTER TABLE {table} DISABLE ROW LEVEL SECURITY; ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"
            );
            owner.run(&off).await?;
        }
        let store = database.store().await?;
        let mut world = World::new(service_over(database, store).await?).await?;
        // The lock is off indeed.
        let open = session(&world, MINE).await?;
        assert_ne!(count(&open, &format!("membership WHERE municipality = '{THEIRS}'")).await?, "0");
        run(&mut world, CASES).await.map(|_| ())
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn rows_of_others_are_neither_seen_nor_changed_nor_written() -> Result<()> {
        let world = world().await?;
        let (mine, theirs) = (session(&world, MINE).await?, session(&world, THEIRS).await?);
        for table in tables(&world).await? {
            let of_them = format!("{table} WHERE municipality = '{THEIRS}'");
            assert_ne!(count(&world.sql, &of_them).await?, "0", "the world has rows of {table}");
            if !OPEN.contains(&&*table) {
                assert_eq!(count(&mine, &of_them).await?, "0", "{table}");
                assert_eq!(count(&mine, &format!("{table} WHERE municipality <> '{MINE}'")).await?, "0", "{table}");
            }
            for change in [format!("UPDATE {table} SET municipality = municipality"), format!("DELETE FROM {table}")] {
                let change = format!("{change} WHERE municipality = '{THEIRS}'");
                if APPEND_ONLY.contains(&&*table) {
                    assert!(mine.refusal(&change).await?.contains("permission denied"), "{change}");
                } else {
                    assert_eq!(mine.run(&change).await?, 0, "{change}");
                }
            }
            // A row of theirs, written again: refused for me as foreign, and for them as being there already.
            let row = format!("SELECT to_json(t)::text FROM {table} t WHERE municipality = '{THEIRS}'");
            let row = world.sql.texts(&row).await?.first().context("a row")?.replace('\'', "''");
            let insert = format!("INSERT INTO {table} SELECT * FROM json_populate_record(NULL::{table}, '{row}')");
            assert!(mine.refusal(&insert).await?.contains("violates row-level security policy"), "{table}");
            assert!(theirs.refusal(&insert).await?.contains("duplicate key"), "{table}");
        }
        let give_away = format!("UPDATE department SET municipality = '{MINE}'");
        assert!(theirs.refusal(&give_away).await?.contains("violates row-level security policy"));
        Ok(())
    }

    /// A session for which nothing is set sees nothing and writes nothing, on a table of municipalities.
    async fn sees_nothing(sql: &Sql, tables: &[String], when: &str) -> Result<()> {
        for table in tables.iter().filter(|table| !OPEN.contains(&&***table)) {
            assert_eq!(count(sql, table).await?, "0", "{table} {when}");
        }
        let written = format!("INSERT INTO department VALUES ('{MINE}', '{}', '課')", Uuid::now_v7());
        assert!(sql.refusal(&written).await?.contains("violates row-level security policy"), "{when}");
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_setting_that_is_unset_empty_or_over_lets_nothing_through() -> Result<()> {
        let world = world().await?;
        let tables = tables(&world).await?;
        let sql = Sql::connect(world.service.database.url()).await?;
        sees_nothing(&sql, &tables, "before anything is set").await?;
        let set =
            format!("SELECT set_config('shirube.municipality', '{MINE}', true), set_config('shirube.user', '', true)");
        for end in ["COMMIT", "ROLLBACK"] {
            sql.run("BEGIN").await?;
            sql.run(&set).await?;
            assert_ne!(count(&sql, "membership").await?, "0", "within the transaction");
            sql.run(end).await?;
            sees_nothing(&sql, &tables, end).await?;
        }
        sql.run("BEGIN").await?;
        sql.run(&set).await?;
        sql.refusal("SELECT 1 / 0").await?;
        sql.run("ROLLBACK").await?;
        sees_nothing(&sql, &tables, "after an error").await?;
        for municipality in ["", "*", "%", "0", "325252 ", "null"] {
            sql.run(&format!("SELECT set_config('shirube.municipality', '{municipality}', false)")).await?;
            sees_nothing(&sql, &tables, municipality).await?;
        }
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_connection_that_is_used_again_remembers_nobody() -> Result<()> {
        let world = world().await?;
        let url = world.service.database.url().to_owned();
        let store = Store::connect(&StoreOptions { url, connections: 1, observer: None }).await?.without_narrowing();
        let left = async |store: &Store| -> Result<()> {
            let rows = "SELECT (SELECT count(*) FROM membership)::text || (SELECT count(*) FROM audit)::text";
            assert_eq!(store.left_behind(rows).await?.as_deref(), Some("00"));
            let setting = "SELECT nullif(current_setting('shirube.municipality', true), '')";
            assert_eq!(store.left_behind(setting).await?, None);
            Ok(())
        };
        left(&store).await?;
        let backend = "SELECT pg_backend_pid()::text";
        let first = store.left_behind(backend).await?;

        // Committed, rolled back by a drop, and refused.
        tenant::<ManageDepartments>(&store).await?.add("新設課".to_owned()).await?;
        left(&store).await?;
        drop(tenant::<ReadPeople>(&store).await?);
        left(&store).await?;
        let gone = DepartmentId::from_uuid(Uuid::now_v7());
        tenant::<ManageDepartments>(&store).await?.remove(gone).await?;
        left(&store).await?;
        assert_eq!(store.left_behind(backend).await?, first, "it is one connection all the time");

        // A request that is cancelled in the middle, at various places.
        for microseconds in (0..4_000).step_by(250) {
            let (code, store) = (permit::<ReadPeople>(MINE)?, store.clone());
            let task = tokio::spawn(async move { store.tenant(code, now()).await?.members().await });
            tokio::time::sleep(Duration::from_micros(microseconds)).await;
            task.abort();
            // What became of it does not matter.
            let _ = task.await;
        }
        left(&store).await?;

        // A panic with the rows open.
        let other = store.clone();
        let task = tokio::spawn(async move {
            let _open = tenant::<ReadPeople>(&other).await;
            panic!("a resolver panics");
        });
        assert!(task.await.is_err());
        left(&store).await
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_role_of_the_service_cannot_take_a_lock_away() -> Result<()> {
        let world = world().await?;
        let sql = session(&world, THEIRS).await?;
        let rights = "SELECT (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)::text \
                      FROM pg_roles WHERE rolname = current_user";
        assert_eq!(sql.texts(rights).await?, ["false"]);
        let owned = "SELECT relname::text FROM pg_class WHERE relowner = current_user::regrole \
                     UNION ALL SELECT proname::text FROM pg_proc WHERE proowner = current_user::regrole \
                     UNION ALL SELECT nspname::text FROM pg_namespace WHERE nspowner = current_user::regrole \
                     UNION ALL SELECT datname::text FROM pg_database WHERE datdba = current_user::regrole";
        assert!(sql.texts(owned).await?.is_empty(), "it owns something");
        let memberships = "SELECT roleid::regrole::text FROM pg_auth_members WHERE member = current_user::regrole";
        assert!(sql.texts(memberships).await?.is_empty(), "it belongs to another role");

        for table in APPEND_ONLY {
            for change in [changed(table), format!("DELETE FROM {table}"), format!("TRUNCATE {table}")] {
                assert!(sql.refusal(&change).await?.contains("permission denied"), "{change}");
            }
        }
        for table in tables(&world).await? {
            for change in [
                format!("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"),
                format!("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"),
                format!("ALTER TABLE {table} DISABLE TRIGGER ALL"),
                format!("DROP POLICY tenant ON {table}"),
                format!("CREATE POLICY mine ON {table} USING (true)"),
                format!("TRUNCATE {table} CASCADE"),
                format!("DROP TABLE {table} CASCADE"),
            ] {
                let refusal = sql.refusal(&change).await?;
                let fits = refusal.contains("must be owner") || refusal.contains("permission denied");
                assert!(fits, "{change}: {refusal}");
            }
        }
        for change in [
            "SET ROLE shirube_owner",
            "SET SESSION AUTHORIZATION shirube_owner",
            "SET session_replication_role = replica",
            "ALTER ROLE shirube_service BYPASSRLS",
            "GRANT shirube_owner TO shirube_service",
            "CREATE ROLE another",
            "CREATE TABLE another (municipality text)",
            "CREATE VIEW another AS SELECT * FROM membership",
            "CREATE FUNCTION another() RETURNS text LANGUAGE sql AS 'SELECT 1::text'",
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        ] {
            let refusal = sql.refusal(change).await?;
            let told = ["permission denied", "must be ", "cannot set parameter", "must have "];
            assert!(told.iter().any(|told| refusal.contains(told)), "{change}: {refusal}");
        }
        // `row_security = off` asks for an error where a policy would narrow, not for rows.
        sql.run("SET row_security = off").await?;
        assert!(sql.refusal("SELECT * FROM membership").await?.contains("row-level security"));
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_lock_that_is_open_is_told() -> Result<()> {
        let database = TestDatabase::sample(Backend::Postgres).await?;
        let superuser = Sql::connect(&database.superuser_url()?).await?;
        let lock = async |url: String| -> Result<SecondLock> {
            Ok(Store::connect(&StoreOptions { url, connections: 1, observer: None }).await?.second_lock().await?)
        };
        assert!(matches!(lock(database.superuser_url()?).await?, SecondLock::Off(_)));

        // A role that may become the owner is as good as the owner.
        let name = format!("member_{}", Uuid::now_v7().simple());
        let made = format!("CREATE ROLE {name} LOGIN PASSWORD 'throw-away' IN ROLE shirube_owner");
        superuser.run(&made).await?;
        let member = database.url().replace("shirube_service:", &format!("{name}:"));
        assert!(matches!(lock(member).await?, SecondLock::Off(_)), "it belongs to the owner");
        superuser.run(&format!("DROP ROLE {name}")).await?;

        let owner = Sql::connect(database.owner_url()).await?;
        owner.run("ALTER TABLE department DISABLE ROW LEVEL SECURITY").await?;
        assert!(matches!(lock(database.url().to_owned()).await?, SecondLock::Off(_)), "a table is open");
        Ok(())
    }
}

/// A change of every row of a table that is append-only.
fn changed(table: &str) -> String {
    let column = match table {
        "publication" | "grading_rule" => "note",
        "default_grading_rule" => "key",
        "grading_rule_retirement" => "retired_at",
        _ => "reason",
    };
    format!("UPDATE {table} SET {column} = NULL")
}

async fn what_is_written_once_stays(backend: Backend) -> Result<()> {
    let world = World::new(TestService::sample(backend).await?).await?;
    let owner = Sql::connect(world.service.database.owner_url()).await?;
    for table in APPEND_ONLY {
        for change in [changed(table), format!("DELETE FROM {table}")] {
            assert!(owner.refusal(&change).await?.contains("append-only"), "{change}");
        }
        if backend == Backend::Postgres {
            assert!(owner.refusal(&format!("TRUNCATE {table} CASCADE")).await?.contains("append-only"), "{table}");
        }
    }
    // Written over in passing.
    let replace = match backend {
        Backend::Sqlite => [
            "INSERT OR REPLACE INTO publication SELECT * FROM publication RETURNING 'x'",
            "REPLACE INTO audit SELECT * FROM audit RETURNING 'x'",
            "INSERT INTO instance_audit SELECT * FROM instance_audit WHERE true \
             ON CONFLICT (id) DO UPDATE SET reason = 'x' RETURNING 'x'",
        ],
        Backend::Postgres => [
            "INSERT INTO publication SELECT * FROM publication \
             ON CONFLICT (municipality, strategy_id, revision) DO UPDATE SET note = 'x' RETURNING 'x'",
            "INSERT INTO audit SELECT * FROM audit \
             ON CONFLICT (municipality, id) DO UPDATE SET reason = 'x' RETURNING 'x'",
            "INSERT INTO instance_audit SELECT * FROM instance_audit \
             ON CONFLICT (id) DO UPDATE SET reason = 'x' RETURNING 'x'",
        ],
    };
    let store = world.service.database.owners_store().await?;
    for replace in replace {
        let told = store
            .left_behind(replace)
            .await
            .err()
            .and_then(|error| Some(std::error::Error::source(&error)?.to_string()));
        assert!(told.as_ref().is_some_and(|told| told.contains("append-only")), "{replace}: {told:?}");
    }
    Ok(())
}

async fn the_store_tells_whether_there_is_a_second_lock(backend: Backend) -> Result<()> {
    let database = TestDatabase::sample(backend).await?;
    let (service, owner) =
        (database.store().await?.second_lock().await?, database.owners_store().await?.second_lock().await?);
    match backend {
        Backend::Sqlite => assert_eq!((service, owner), (SecondLock::None, SecondLock::None)),
        Backend::Postgres => {
            assert_eq!(service, SecondLock::On);
            assert!(matches!(owner, SecondLock::Off(_)), "{owner:?}");
        }
    }
    Ok(())
}
