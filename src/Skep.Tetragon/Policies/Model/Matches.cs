using Skep.Yaml;

namespace Skep.Tetragon.Policies.Model;

// Values are null where something is wrong with them, which has been said then.

/// <summary>An entry of <c>matchArgs</c>, <c>matchData</c> or <c>matchReturnArgs</c>.</summary>
sealed record ArgumentMatch(Position At, Located<long>? Index, IReadOnlyList<Located<long>>? Positions, Located<string>? Operator, IReadOnlyList<Located<string>>? Values);

/// <summary>An entry of <c>matchBinaries</c> or <c>matchParentBinaries</c>.</summary>
sealed record BinaryMatch(Position At, Located<string>? Operator, IReadOnlyList<Located<string>>? Values, bool FollowChildren);

/// <summary>An entry of <c>matchPIDs</c>.</summary>
sealed record PidMatch(Position At, Located<string>? Operator, IReadOnlyList<Located<long>>? Values, bool IsNamespacePid, bool FollowForks);

/// <summary>An entry of <c>matchNamespaces</c>, or of <c>matchNamespaceChanges</c>, which has no single namespace.</summary>
sealed record NamespaceMatch(Position At, Located<string>? Namespace, Located<string>? Operator, IReadOnlyList<Located<string>>? Values);

/// <summary>An entry of <c>matchCapabilities</c> or <c>matchCapabilityChanges</c>.</summary>
sealed record CapabilityMatch(Position At, Located<string>? Type, Located<string>? Operator, IReadOnlyList<Located<string>>? Values, bool IsNamespaceCapability);

/// <summary><c>matchCel</c>: one expression about arguments and data by their places.</summary>
sealed record CelMatch(Position At, Located<string>? Text);
