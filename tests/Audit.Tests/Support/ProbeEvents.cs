namespace Toolgate.Audit.Tests;

/// <summary>An event with the conventional members of a call, so that these tests need no upstream.</summary>
public sealed record ProbeCalled(string PrincipalId, string? ToolkitId, string? Address, string Outcome, string Secretive = "inside");

/// <summary>An event with the conventional owner of a personal row.</summary>
public sealed record ProbeMade(string ProbeId, string? Subject, string Name);

/// <summary>A later event of the same stream, which does not repeat the owner.</summary>
public sealed record ProbeRenamed(string ProbeId, string Name);

/// <summary>The owner as connections name it.</summary>
public sealed record ProbeConnected(string Owner, string? OwnerSubject, string Name);

/// <summary>Conventional names with values of other kinds.</summary>
public sealed record ProbeOdd(IReadOnlyList<string> Address, int Outcome, IReadOnlyDictionary<string, string> ToolkitId);
