namespace Skep.Falco.Fields;

/// <summary>A field that conditions and outputs can name.</summary>
/// <param name="Index">Its place in the catalogue.</param>
/// <param name="Name">Its name.</param>
/// <param name="Type">What its values are.</param>
/// <param name="Argument">What may stand in brackets behind it.</param>
/// <param name="Traits">What it can be used for.</param>
public sealed record FieldInfo(int Index, string Name, FieldType Type, FieldArgument Argument, FieldTraits Traits)
{
    /// <summary>Whether it has a trait.</summary>
    public bool Is(FieldTraits trait) => (Traits & trait) != 0;
}
