using Skep.Engine.Rules;
using Skep.Yaml;

namespace Skep.Tetragon.Policies.Model;

/// <summary>A label selector and its place.</summary>
sealed record LabelSelectorSpec(Position At, LabelSelector Selector);
