namespace Toolgate.Connections;

/// <summary>How a call of a builtin tool becomes a request to the management API. Never stored: it is made of the code that runs.</summary>
internal sealed class BuiltinBinding(HttpBinding request) : ToolBinding
{
    /// <summary>How the request is built.</summary>
    public HttpBinding Request => request;
}
