using System.Buffers;
using System.Text;
using System.Text.Json;
using Toolgate.Connections;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>What a call is answered that has no yes. All are results, none is a protocol error: an agent reads them.</summary>
internal static class ApprovalRefusals
{
    /// <summary>Somebody said no.</summary>
    public static ToolError Declined { get; } = new("approval_declined", "A person declined this call. It was not carried out. Do not try it again unless they ask for it.", Retryable: false);

    /// <summary>The question was dismissed.</summary>
    public static ToolError Cancelled { get; } = new("approval_cancelled", "The question about this call was dismissed without an answer. It was not carried out.", Retryable: false);

    /// <summary>Nobody decided in time, or the call began too late.</summary>
    public static ToolError Expired { get; } = new("approval_expired", "Nobody approved this call in time, or it came too late. It was not carried out. Call the tool again to ask anew.", Retryable: true);

    /// <summary>It would not be the call that was approved.</summary>
    public static ToolError Void { get; } = new(
        "approval_void", "The tool, its arguments as they would be sent, or who may approve them changed since this call was asked about. It was not carried out. Call the tool again to ask anew.",
        Retryable: true);

    /// <summary>Its outcome will come.</summary>
    public static ToolError Running { get; } = new("approval_running", "The approved call is still running. Come back for its result.", Retryable: true);

    /// <summary>There is none of this id for the caller.</summary>
    public static ToolError Unknown { get; } = new("approval_not_found", "There is no approval of this id that was asked for by this client, at this address.", Retryable: false);

    /// <summary>The principal has as many open as it may.</summary>
    public static ToolError TooMany { get; } = new("too_many_approvals", "Too many calls wait for a person's approval already. It was not carried out. Try again when some are decided.", Retryable: true);

    /// <summary>A person has to decide, elsewhere.</summary>
    /// <param name="approval">The request.</param>
    /// <param name="what">What the approver reads.</param>
    /// <param name="origin">Where the deployment is reached; null where it is not known.</param>
    public static ToolError Required(Approval approval, string what, string? origin)
    {
        var url = UrlOf(origin, approval.Id);
        var text = $"This call needs a person's approval: {what}. It was not carried out yet. Ask the user to approve it at {url}, then call {ApprovalTool.Name} with approval_id "
            + $"\"{approval.Id}\", or call this tool again with the same arguments. The request expires at {approval.Asked.ExpiresAt:yyyy-MM-dd HH:mm:ss} UTC.";
        var details = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(details, ToolErrors.Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("approvalId"u8, approval.Id);
            json.WriteString("url"u8, url);
            json.WriteString("expiresAt"u8, approval.Asked.ExpiresAt);
            json.WriteString("resumeWith"u8, ApprovalTool.Name);
            json.WriteEndObject();
        }

        return new ToolError("approval_required", text, Retryable: true, details.WrittenMemory);
    }

    /// <summary>The page on which an approval is decided.</summary>
    public static string UrlOf(string? origin, string id) => new StringBuilder(origin).Append("/approvals/").Append(id).ToString();

    /// <summary>The refusal of an approval that stands so; null for one that may be used, or waits.</summary>
    public static ToolError? Of(ApprovalStatus status) => status switch
    {
        ApprovalStatus.Declined => Declined,
        ApprovalStatus.Cancelled => Cancelled,
        ApprovalStatus.Expired => Expired,
        ApprovalStatus.Void => Void,
        _ => null,
    };
}
