//! The departments of a municipality.

use async_graphql::{Context, ID, InputObject, Object, Result};

use super::{department_id, payload, settled};
use crate::{
    query::{scope, service},
    scalars::MunicipalityCode,
    types::Department,
};

#[derive(Default)]
pub(super) struct DepartmentMutation;

/// Adds a department to a municipality.
#[derive(InputObject)]
pub(crate) struct CreateDepartmentInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The municipality.
    municipality: MunicipalityCode,
    /// The name of the department.
    name: String,
}

payload!(CreateDepartmentPayload {
    /// The department.
    department: Department,
});

/// Renames a department.
#[derive(InputObject)]
pub(crate) struct RenameDepartmentInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the department.
    id: ID,
    /// Its new name.
    name: String,
}

payload!(RenameDepartmentPayload {
    /// The department.
    department: Department,
});

/// Removes a department to which nothing and nobody belongs.
#[derive(InputObject)]
pub(crate) struct DeleteDepartmentInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the department.
    id: ID,
}

payload!(DeleteDepartmentPayload {
    /// The department as it was.
    department: Department,
});

#[Object]
impl DepartmentMutation {
    /// Adds a department (担当課) to a municipality.
    async fn create_department(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which department.")] input: CreateDepartmentInput,
    ) -> Result<Option<CreateDepartmentPayload>> {
        let code = input.municipality.0.current();
        let made = service(context).add_department(scope(context), code, &input.name).await;
        let (department, user_errors) = settled(made)?;
        let department = department.map(|of| Department { municipality: code, of });
        Ok(Some(CreateDepartmentPayload { client_mutation_id: input.client_mutation_id, department, user_errors }))
    }

    /// Renames a department.
    async fn rename_department(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which department, and its new name.")] input: RenameDepartmentInput,
    ) -> Result<Option<RenameDepartmentPayload>> {
        let renamed = async {
            let (municipality, id) = department_id(&input.id, "id")?;
            let of = service(context).rename_department(scope(context), municipality, id, &input.name).await?;
            Ok(Department { municipality, of })
        };
        let (department, user_errors) = settled(renamed.await)?;
        Ok(Some(RenameDepartmentPayload { client_mutation_id: input.client_mutation_id, department, user_errors }))
    }

    /// Removes a department to which nothing and nobody belongs.
    async fn delete_department(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which department.")] input: DeleteDepartmentInput,
    ) -> Result<Option<DeleteDepartmentPayload>> {
        let removed = async {
            let (municipality, id) = department_id(&input.id, "id")?;
            let of = service(context).remove_department(scope(context), municipality, id).await?;
            Ok(Department { municipality, of })
        };
        let (department, user_errors) = settled(removed.await)?;
        Ok(Some(DeleteDepartmentPayload { client_mutation_id: input.client_mutation_id, department, user_errors }))
    }
}
