using ManagedOAuth.Edge.Challenges;
using Microsoft.AspNetCore.Http;

namespace ManagedOAuth.Edge.Tests.Challenges;

public class NavigationTests
{
    [Theory]
    [InlineData("GET", "Accept: text/html,*/*", true)]
    [InlineData("HEAD", "Accept: text/html", true)]
    [InlineData("GET", "Sec-Fetch-Mode: navigate", true)]
    [InlineData("GET", "Sec-Fetch-Mode: navigate|Accept: */*|User-Agent: curl/8", true)]
    [InlineData("POST", "Accept: text/html", false)]
    [InlineData("GET", "Accept: */*", false)]
    [InlineData("GET", "", false)]
    [InlineData("GET", "Accept: application/json", false)]
    [InlineData("GET", "Accept: text/event-stream", false)]
    [InlineData("GET", "Accept: text/html|X-Requested-With: XMLHttpRequest", false)]
    [InlineData("GET", "Accept: text/html|Authorization: Bearer x", false)]
    [InlineData("GET", "Sec-Fetch-Mode: cors|Accept: application/json", false)]
    public void Request_IsANavigationOrNot(string method, string headers, bool expected)
    {
        var request = new DefaultHttpContext().Request;
        request.Method = method;
        foreach (var header in headers.Split('|', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = header.Split(": ");
            request.Headers[parts[0]] = parts[1];
        }

        Assert.Equal(expected, Navigation.Is(request));
    }
}
