namespace Skep.Falco.Fields;

/// <summary>A kind of event.</summary>
/// <param name="Index">Its place in the catalogue.</param>
/// <param name="Name">What <c>evt.type</c> says.</param>
/// <param name="Category">What <c>evt.category</c> says.</param>
/// <param name="Traits">What it is.</param>
/// <param name="Parameters">What <c>evt.arg</c> can name.</param>
public sealed record EventInfo(int Index, string Name, string Category, EventTraits Traits, IReadOnlyList<EventParameter> Parameters);
