namespace Toolgate.Access;

/// <summary>To whom a row belongs: the workspace (<c>org</c>) or one account (<c>user</c>).</summary>
/// <param name="Subject">The account's id, or null for the workspace.</param>
public readonly record struct Owner(string? Subject)
{
    /// <summary>The workspace.</summary>
    public static Owner Org => default;

    /// <summary>The account <paramref name="subject"/>.</summary>
    public static Owner User(string subject) => new(subject);

    /// <summary>Whether it is the workspace.</summary>
    public bool IsOrg => Subject is null;

    /// <summary>The word in addresses and on the wire: <c>org</c> or <c>user</c>.</summary>
    public string Word => IsOrg ? "org" : "user";

    /// <summary>Nobody but the account itself sees a personal row, admins included.</summary>
    public bool IsVisibleTo(Principal principal) => IsOrg || Subject == principal.Id;

    /// <summary>Writing shared rows takes admin or owner; a personal row takes its account.</summary>
    public bool IsWritableBy(Principal principal) => IsOrg ? principal.MayWriteOrg : Subject == principal.Id;

    /// <summary>The owner that <paramref name="word"/> means when <paramref name="principal"/> says it; null for another word.</summary>
    public static Owner? FromWord(string? word, Principal principal) => word switch
    {
        "org" => Org,
        "user" => User(principal.Id),
        _ => null,
    };

    /// <summary>Stable key for dictionaries and stream ids: <c>org</c> or <c>user-usr_…</c>.</summary>
    public override string ToString() => IsOrg ? "org" : "user-" + Subject;
}
