//! Forms with files, as a browser sends them.

use reqwest::{RequestBuilder, header::CONTENT_TYPE};

/// Puts the fields of a form into a request.
pub(crate) fn with_form(request: RequestBuilder, fields: &[(&str, &[u8])]) -> RequestBuilder {
    let mut form = Vec::new();
    for (name, content) in fields {
        let head = format!("--line\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\n\r\n");
        form.extend_from_slice(head.as_bytes());
        form.extend_from_slice(content);
        form.extend_from_slice(b"\r\n");
    }
    form.extend_from_slice(b"--line--\r\n");
    request.header(CONTENT_TYPE, "multipart/form-data; boundary=line").body(form)
}
