using Microsoft.AspNetCore.Http;
using Toolgate.Access;
using Toolgate.EventStore;

namespace Toolgate.Policies;

/// <summary>Finds the rule that a request is about.</summary>
internal static class RuleTarget
{
    /// <summary>The owner of a rule that the caller may write; null with a 404 for one it does not see, with a 403 for one it may only see.</summary>
    public static Owner? Find(HttpContext context, ReadSnapshot snapshot, string id, out Rejection rejection)
    {
        rejection = PolicyDto.NotFound;
        if (snapshot.Get<PolicyBook>().Holding(id) is not { } holder || new Owner(holder.Subject) is var owner && !owner.IsVisibleTo(context.Principal()))
        {
            return null;
        }

        rejection = RuleInput.AdminRequired;
        return owner.IsWritableBy(context.Principal()) ? owner : null;
    }
}
