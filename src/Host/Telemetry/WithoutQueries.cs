using System.Diagnostics;
using OpenTelemetry;

namespace Toolgate.Host;

/// <summary>
/// Takes the query of a request out of its span before that is exported: single-use links carry their token there, and a client that puts its key there is refused,
/// but has sent it. Paths stay.
/// </summary>
internal sealed class WithoutQueries : BaseProcessor<Activity>
{
    private const string Query = "url.query";

    /// <inheritdoc/>
    public override void OnEnd(Activity data)
    {
        if (data.GetTagItem(Query) is not null)
        {
            data.SetTag(Query, null);
        }
    }
}
