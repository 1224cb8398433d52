"""Where the SDK meets other libraries; each module needs the library it is named after."""
