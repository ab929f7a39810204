//! Who can sign in, what they may do where, and what they did. Users belong to no municipality; what they may do in one
//! does.

use sea_orm_migration::{
    prelude::*,
    schema::{
        boolean, string, string_len, string_null, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
        uuid, uuid_null,
    },
    sea_orm::DbBackend,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        // On SQLite, too: a start that is killed halfway must leave nothing behind.
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            user_account(),
            identity(),
            session(),
            refresh_token(),
            sign_in_attempt(),
            reset_link(),
            personal_key(),
            instance_invitation(),
            instance_audit(),
            membership(),
            invitation(),
            municipal_key(),
            audit(),
        ];
        for table in tables {
            manager.create_table(table).await?;
        }
        let index = |name, table, columns: &'static [&'static str]| {
            let mut index = Index::create();
            index.name(name).table(table);
            for column in columns {
                index.col(*column);
            }
            index
        };
        // A role without a department is given once, too: an index of its columns would hold two nulls for different.
        let none = match manager.get_database_backend() {
            DbBackend::Postgres => "'00000000-0000-0000-0000-000000000000'::uuid",
            _ => "x''",
        };
        let once = format!(
            "CREATE UNIQUE INDEX membership_role ON membership (municipality, user_id, role, coalesce(department_id, {none}))"
        );
        manager.get_connection().execute_unprepared(&once).await?;
        manager.create_index(index("refresh_token_expiry", "refresh_token", &["expires_at"])).await?;
        manager.create_index(index("session_user", "session", &["user_id"])).await?;
        manager.create_index(index("refresh_token_session", "refresh_token", &["session_id"])).await?;
        manager.create_index(index("personal_key_user", "personal_key", &["user_id"])).await?;
        manager.create_index(index("membership_of_user", "membership", &["user_id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            "audit",
            "municipal_key",
            "invitation",
            "membership",
            "instance_audit",
            "instance_invitation",
            "personal_key",
            "reset_link",
            "sign_in_attempt",
            "refresh_token",
            "session",
            "identity",
            "user_account",
        ] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn of_user(from: &'static str) -> ForeignKeyCreateStatement {
    let mut reference = ForeignKey::create();
    reference.name(format!("{from}_user")).from(from, "user_id").to("user_account", "id");
    reference
}

fn of_municipality(from: &'static str) -> ForeignKeyCreateStatement {
    let mut reference = ForeignKey::create();
    reference.name(format!("{from}_municipality")).from(from, "municipality").to("municipality", "code");
    reference
}

/// A department of the same municipality.
fn of_department(from: &'static str) -> ForeignKeyCreateStatement {
    let mut reference = ForeignKey::create();
    reference
        .name(format!("{from}_department"))
        .from(from, ("municipality", "department_id"))
        .to("department", ("municipality", "id"));
    reference
}

fn user_account() -> TableCreateStatement {
    Table::create()
        .table("user_account")
        .col(uuid("id").primary_key())
        .col(string("email").unique_key())
        .col(string("name"))
        .col(text_null("password"))
        .col(boolean("operator"))
        .col(boolean("researcher"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("disabled_at"))
        .to_owned()
}

fn identity() -> TableCreateStatement {
    Table::create()
        .table("identity")
        .col(string("issuer"))
        .col(string("subject"))
        .col(uuid("user_id"))
        .col(timestamp_with_time_zone("bound_at"))
        .primary_key(Index::create().col("issuer").col("subject"))
        .foreign_key(&mut of_user("identity"))
        .to_owned()
}

fn session() -> TableCreateStatement {
    Table::create()
        .table("session")
        .col(uuid("id").primary_key())
        .col(uuid("user_id"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("refreshed_at"))
        .col(string_null("address"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .col(string_null("ended_by"))
        .foreign_key(&mut of_user("session"))
        .to_owned()
}

fn refresh_token() -> TableCreateStatement {
    Table::create()
        .table("refresh_token")
        .col(string_len("hash", 64).primary_key())
        .col(uuid("session_id"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("used_at"))
        .foreign_key(
            ForeignKey::create().name("refresh_token_session").from("refresh_token", "session_id").to("session", "id"),
        )
        .to_owned()
}

/// A sign-in with another provider that has begun. What it holds is known to nobody else and lives for minutes.
fn sign_in_attempt() -> TableCreateStatement {
    Table::create()
        .table("sign_in_attempt")
        .col(string_len("hash", 64).primary_key())
        .col(string("provider"))
        .col(string("state"))
        .col(string("nonce"))
        .col(string("verifier"))
        .col(string_null("invitation_place"))
        .col(string_null("invitation"))
        .col(timestamp_with_time_zone("expires_at"))
        .to_owned()
}

/// A link with which a user who cannot sign in any more chooses a new password.
fn reset_link() -> TableCreateStatement {
    Table::create()
        .table("reset_link")
        .col(string_len("hash", 64).primary_key())
        .col(uuid("user_id"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("used_at"))
        .foreign_key(&mut of_user("reset_link"))
        .to_owned()
}

fn personal_key() -> TableCreateStatement {
    Table::create()
        .table("personal_key")
        .col(uuid("id").primary_key())
        .col(uuid("user_id"))
        .col(string("name"))
        .col(string_len("hash", 64).unique_key())
        .col(string("scopes"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("used_at"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .foreign_key(&mut of_user("personal_key"))
        .to_owned()
}

fn instance_invitation() -> TableCreateStatement {
    Table::create()
        .table("instance_invitation")
        .col(uuid("id").primary_key())
        .col(string_len("hash", 64).unique_key())
        .col(string_null("email"))
        .col(string_null("name"))
        .col(string("role"))
        .col(string("invited_by"))
        .col(uuid_null("inviter_id"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("accepted_at"))
        .col(timestamp_with_time_zone_null("cancelled_at"))
        .to_owned()
}

/// What both audit trails hold. Ids grow with time.
fn trail(table: &mut TableCreateStatement) -> &mut TableCreateStatement {
    table
        .col(uuid("id"))
        .col(timestamp_with_time_zone("at"))
        .col(string("actor_kind"))
        .col(uuid_null("actor_id"))
        .col(string("actor_name"))
        .col(string_null("address"))
        .col(string_null("request_id"))
        .col(string("action"))
        .col(string("event"))
        .col(string("subject_kind"))
        .col(string_null("subject"))
        .col(text_null("before"))
        .col(text_null("after"))
        .col(text_null("reason"))
}

fn instance_audit() -> TableCreateStatement {
    trail(Table::create().table("instance_audit")).primary_key(Index::create().col("id")).to_owned()
}

fn membership() -> TableCreateStatement {
    Table::create()
        .table("membership")
        .col(string_len("municipality", 6))
        .col(uuid("id"))
        .col(uuid("user_id"))
        .col(string("role"))
        .col(uuid_null("department_id"))
        .col(timestamp_with_time_zone("granted_at"))
        .primary_key(Index::create().col("municipality").col("id"))
        .foreign_key(&mut of_municipality("membership"))
        .foreign_key(&mut of_user("membership"))
        .foreign_key(&mut of_department("membership"))
        .to_owned()
}

fn invitation() -> TableCreateStatement {
    Table::create()
        .table("invitation")
        .col(string_len("municipality", 6))
        .col(uuid("id"))
        .col(string_len("hash", 64))
        .col(string("email"))
        .col(string("name"))
        .col(string("role"))
        .col(uuid_null("department_id"))
        .col(string("invited_by"))
        .col(uuid_null("inviter_id"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("accepted_at"))
        .col(timestamp_with_time_zone_null("cancelled_at"))
        .primary_key(Index::create().col("municipality").col("id"))
        .index(Index::create().unique().name("invitation_hash").col("municipality").col("hash"))
        // No foreign key to the department: an invitation that is over outlives it.
        .foreign_key(&mut of_municipality("invitation"))
        .to_owned()
}

fn municipal_key() -> TableCreateStatement {
    Table::create()
        .table("municipal_key")
        .col(string_len("municipality", 6))
        .col(uuid("id"))
        .col(string("name"))
        .col(string_len("hash", 64))
        .col(string("scopes"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("used_at"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .primary_key(Index::create().col("municipality").col("id"))
        .index(Index::create().unique().name("municipal_key_hash").col("municipality").col("hash"))
        .foreign_key(&mut of_municipality("municipal_key"))
        .to_owned()
}

fn audit() -> TableCreateStatement {
    let mut table = Table::create();
    table.table("audit").col(string_len("municipality", 6));
    trail(&mut table)
        .primary_key(Index::create().col("municipality").col("id"))
        .foreign_key(&mut of_municipality("audit"))
        .to_owned()
}
