using Toolgate.Policies;

namespace Toolgate.Toolkits;

/// <summary>The events that make one state of a toolkit into another. Pure.</summary>
internal static class ToolkitChanges
{
    /// <summary>
    /// What has to happen so that <paramref name="now"/> is as <paramref name="then"/> was. Policies get their identities and places back; grants their
    /// identities, with places after those that stayed, for their order decides nothing.
    /// </summary>
    public static IReadOnlyList<object> Between(ToolkitState now, ToolkitState then, string id)
    {
        var events = new List<object>();
        Add(now.Name != then.Name, () => new ToolkitRenamed(id, then.Name));
        Add(now.Slug != then.Slug, () => new ToolkitSlugChanged(id, then.Slug));
        Add(now.Surface != then.Surface, () => new ToolkitSurfaceChanged(id, then.Surface));
        Add(now.Names != then.Names, () => new ToolkitNamesChanged(id, then.Names));
        events.AddRange(Grants(now, then, id));
        events.AddRange(Policies(now, then, id));
        events.AddRange(now.Overrides.Keys.Where(address => !then.Overrides.ContainsKey(address)).Order(StringComparer.Ordinal).Select(address => new ToolOverrideRemoved(id, address)));
        events.AddRange(then.Overrides.Values.Where(said => !(now.Overrides.TryGetValue(said.Address, out var here) && here.Says(said))).OrderBy(said => said.Address, StringComparer.Ordinal)
            .Select(said => new ToolOverridden(id, said.Address, said.Name, said.Title, said.Description, said.Hide, said.Fix)));
        events.AddRange(now.BringYourOwn.Except(then.BringYourOwn).Select(integration => new BringYourOwnWithdrawn(id, integration)));
        events.AddRange(then.BringYourOwn.Except(now.BringYourOwn).Select(integration => new BringYourOwnDeclared(id, integration)));
        return events;

        void Add(bool differs, Func<object> e)
        {
            if (differs)
            {
                events.Add(e());
            }
        }
    }

    private static IEnumerable<object> Grants(ToolkitState now, ToolkitState then, string id)
    {
        foreach (var grant in now.Grants.Where(grant => then.Grants.All(other => !other.Pattern.Equals(grant.Pattern))))
        {
            yield return new ConnectionRevoked(id, grant.Id);
        }

        var last = now.Grants.LastOrDefault()?.Position;
        foreach (var grant in then.Grants.Where(grant => now.Grants.All(other => !other.Pattern.Equals(grant.Pattern))))
        {
            last = FractionalKey.Between(last, null);
            yield return new ConnectionGranted(id, grant.Id, grant.Pattern.Text, last);
        }
    }

    private static IEnumerable<object> Policies(ToolkitState now, ToolkitState then, string id)
    {
        foreach (var rule in now.Rules.Where(rule => then.Rules.Find(rule.Id) is null))
        {
            yield return new ToolkitPolicyRemoved(id, rule.Id);
        }

        foreach (var rule in then.Rules)
        {
            if (now.Rules.Find(rule.Id) is not { } here)
            {
                yield return new ToolkitPolicyAdded(id, rule.Id, rule.Pattern.Text, rule.Action, rule.Position, rule.Approver);
                continue;
            }

            if (here.Position != rule.Position)
            {
                yield return new ToolkitPolicyMoved(id, rule.Id, rule.Position);
            }

            if (!here.Pattern.Equals(rule.Pattern) || here.Action != rule.Action || here.Approver != rule.Approver)
            {
                yield return new ToolkitPolicyChanged(id, rule.Id, rule.Pattern.Text, rule.Action, rule.Approver);
            }
        }
    }
}
