namespace Skep.Falco.Loading;

/// <summary>An item cannot be used.</summary>
sealed class LoadException(LoadContext context, FalcoCode code, string message) : Exception(message)
{
    public FalcoIssue Issue => context.Issue(code, Message);
}
