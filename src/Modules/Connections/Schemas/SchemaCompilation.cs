using System.Collections.Immutable;

namespace Toolgate.Connections;

/// <summary>What came of compiling a schema.</summary>
/// <param name="Schema">The validator; none when the schema means nothing that can be checked.</param>
/// <param name="Diagnostics">What is wrong with it; with a validator present, keywords that are not checked.</param>
internal sealed record SchemaCompilation(CompiledSchema? Schema, ImmutableArray<Diagnostic> Diagnostics);
