using System.Collections.Concurrent;
using Toolgate.Access;

namespace Toolgate.Sessions;

/// <summary>
/// Calls outside sessions that are under way on this node, each on the leash of the credential that it was made with: when that ends, so does the call. Calls in
/// sessions end with their session.
/// </summary>
internal sealed class CredentialLeashes(ICredentials credentials)
{
    private readonly ConcurrentDictionary<Leash, bool> held = new();

    /// <summary>How many are held.</summary>
    public int Count => held.Count;

    /// <summary>Holds a call until the leash is disposed of.</summary>
    /// <param name="caller">With which credential it was made.</param>
    /// <param name="ended">Called once when the credential has ended, perhaps before this returns; must be quick and not throw.</param>
    public Leash Hold(Principal caller, Action ended)
    {
        var leash = new Leash(held, caller.CredentialId, ended);
        held.TryAdd(leash, true);

        // It may have ended between the authentication of the request and now; from now on every change is seen.
        Check(leash);
        return leash;
    }

    /// <summary>Ends every call whose credential has ended.</summary>
    public void Check()
    {
        foreach (var (leash, _) in held)
        {
            Check(leash);
        }
    }

    private void Check(Leash leash)
    {
        if (credentials.Find(leash.CredentialId) is null)
        {
            leash.Pull();
        }
    }
}

/// <summary>What ties a call to its credential.</summary>
internal sealed class Leash(ConcurrentDictionary<Leash, bool> held, string credentialId, Action ended) : IDisposable
{
    private readonly Lock gate = new();
    private bool isOver;
    private volatile bool hasEnded;

    /// <summary>The credential.</summary>
    public string CredentialId => credentialId;

    /// <summary>Whether the credential has ended while the call was held.</summary>
    public bool HasEnded => hasEnded;

    /// <summary>The credential has ended.</summary>
    public void Pull()
    {
        // Under the lock: what is ended must not be disposed of meanwhile.
        lock (gate)
        {
            if (!isOver)
            {
                isOver = hasEnded = true;
                ended();
            }
        }
    }

    /// <summary>The call has ended.</summary>
    public void Dispose()
    {
        held.TryRemove(this, out _);
        lock (gate)
        {
            isOver = true;
        }
    }
}
