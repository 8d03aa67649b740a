using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Skep.Testing;

sealed class DiscoverySink : LongLivedMarshalByRefObject, IMessageSink, IDisposable
{
    public List<ITestCase> Cases { get; } = [];
    public ManualResetEvent Finished { get; } = new(false);

    public bool OnMessage(IMessageSinkMessage message)
    {
        switch (message)
        {
            case ITestCaseDiscoveryMessage discovery:
                Cases.Add(discovery.TestCase);
                break;
            case IDiscoveryCompleteMessage:
                Finished.Set();
                break;
        }
        return true;
    }

    public void Dispose() => Finished.Dispose();
}
