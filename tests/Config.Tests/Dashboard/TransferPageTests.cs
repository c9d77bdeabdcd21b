using System.Net;
using ManagedOAuth.Config.Dashboard.Pages.Transfer;
using ManagedOAuth.Config.Tests.Support;

namespace ManagedOAuth.Config.Tests.Dashboard;

/// <summary>The forms of the import take a file of the size that they promise, also where a browser sends each end of a line as two bytes.</summary>
public sealed class TransferPageTests(ConfigHost host) : IClassFixture<ConfigHost>
{
    [Theory]
    [InlineData(TransferPages.MaximumFile, HttpStatusCode.OK)]
    [InlineData(TransferPages.MaximumFile + 1, HttpStatusCode.RequestEntityTooLarge)]
    public async Task AFile_OfThePromisedSize_IsPlanned(int size, HttpStatusCode expected)
    {
        const string File = """{"format":"managedoauth.configuration","format_version":1,"objects":{}}""";
        using var browser = host.Browse(DashboardBrowser.UserOf("admin@example.com"));
        await browser.GetAsync("/transfer");
        var text = File + string.Concat(Enumerable.Repeat("\r\n", size - File.Length));
        using var planned = await browser.PostFileAsync("/transfer/plan", new() { ["file"] = text });
        Assert.Equal(expected, planned.StatusCode);
        if (expected == HttpStatusCode.OK)
        {
            Assert.Contains("Plan of the import", browser.Page, StringComparison.Ordinal);
            Assert.Contains("action=\"/transfer/apply\" enctype=\"multipart/form-data\"", browser.Page, StringComparison.Ordinal);
            using var applied = await browser.PostFileAsync("/transfer/apply", new() { ["file"] = text, ["position"] = "999999" });
            Assert.NotEqual(HttpStatusCode.RequestEntityTooLarge, applied.StatusCode);
            Assert.Contains("Look at a new plan", browser.Page, StringComparison.Ordinal);
        }
    }
}
